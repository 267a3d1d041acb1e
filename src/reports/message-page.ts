import { render } from './render';

/** A page that says one thing, such as why there is nothing to show. */
export function messagePage(message: {
	title: string;
	text: string;
	/** Where the dashboard is, relative to this page */
	dashboardPath: string;
}): string {
	return render('message', { ...message, refresh: null });
}

import { render } from '../render';
import { offeredModes, type NewPixelForm } from './new-pixel-form';

/** A page that says one thing, such as why there is nothing to show. */
export function messagePage(message: {
	title: string;
	text: string;
	/** Where to go from here, relative to this page */
	back: { path: string; text: string };
	/** A form to correct and send again */
	form?: NewPixelForm;
}): string {
	const { form = null } = message;
	return render('templates/message', {
		...message,
		form,
		modes: form && offeredModes(form.ceiling),
	});
}

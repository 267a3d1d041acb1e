import type { ConsentStatus } from '../../tracking/event/open-event';
import type { Purpose } from '../../tracking/event/purpose';

/** Purposes as a page for the sender names them. */
export const PURPOSE_WORDS: Record<Purpose, string> = {
	performance: 'Measuring campaigns',
	personalisation: 'Personal content',
	clicks: 'Which links are followed',
	profiling: 'Profiles outside email',
	frequency: 'How often and when to send',
	deliverability: 'Keeping lists clean',
	security: 'Protecting accounts',
	'legal-notice': 'Proof of delivery of a notice',
	'image-held': 'How long an image stays open',
};

/** What somebody answered, in words. */
export const STATUS_WORDS: Record<ConsentStatus, string> = {
	given: 'Given',
	renewed: 'Renewed',
	refused: 'Refused',
	withdrawn: 'Withdrawn',
	expired: 'Expired',
	requested: 'Asked, not answered',
	unknown: 'Not known any more',
};

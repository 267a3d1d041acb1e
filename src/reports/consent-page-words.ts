import type { Purpose } from '../tracking/purpose';

/** Languages that the consent pages speak. The notice itself is the sender's, in their own words. */
export const PAGE_LANGUAGES = ['en', 'de', 'fr', 'it'] as const;
export type PageLanguage = (typeof PAGE_LANGUAGES)[number];

export interface PageWords {
	title: string;
	yes: string;
	no: string;
	now: Record<'allowed' | 'not-allowed' | 'open', string>;
	save: string;
	withdrawAll: string;
	saved: string;
	withdrawn: string;
	rightsTitle: string;
	rightsText: string;
	askCopy: string;
	askErasure: string;
	asked: string;
	download: string;
	erase: string;
	eraseText: string;
	erased: string;
	nothingErased: string;
	invalidTitle: string;
	invalid: string;
	noChange: string;
	purposes: Record<Purpose, string>;
}

export const PAGE_WORDS: Record<PageLanguage, PageWords> = {
	en: {
		title: 'Tracking of mails you open',
		yes: 'Yes, you may',
		no: 'No',
		now: { allowed: 'Now: allowed', 'not-allowed': 'Now: not allowed', open: 'Now: no answer yet' },
		save: 'Save my answers',
		withdrawAll: 'Do not track me at all',
		saved: 'Your answers are saved and count at once, also for mails you have already received.',
		withdrawn:
			'You are no longer tracked. This counts at once, also for mails you have already received.',
		rightsTitle: 'Your data',
		rightsText:
			'You can get a copy of what is stored about you, or have it erased. We send a link to your address first, because mails get forwarded.',
		askCopy: 'Ask for a copy',
		askErasure: 'Ask for erasure',
		asked: 'Thank you. You will get a mail with a link to confirm it.',
		download: 'Download my data',
		erase: 'Erase my data now',
		eraseText: 'Erased data cannot be brought back.',
		erased: 'Your data is erased. Keep this receipt number:',
		nothingErased:
			'We found nothing that is stored about you. Mails you already have will not be tracked either. If you expected something else, write to the sender. Keep this receipt number:',
		invalidTitle: 'This link does not work',
		invalid:
			'It is incomplete, too old or not from us. Open the link in your mail again, or write to the sender.',
		noChange: 'Nothing was changed: please answer at least one question.',
		purposes: {
			performance: 'See which mails are opened, to improve them',
			personalisation: 'Choose content by what you opened before',
			profiling: 'Profiles that are used outside mail',
			frequency: 'Adjust how often you get mail',
			deliverability: 'Keep the list clean by the day of your last open',
			security: 'Protect your sign-in',
			'legal-notice': 'Prove that a required notice arrived',
			'view-time': 'Measure how long a mail is read',
		},
	},
	de: {
		title: 'Messung geöffneter Mails',
		yes: 'Ja, einverstanden',
		no: 'Nein',
		now: {
			allowed: 'Zurzeit: erlaubt',
			'not-allowed': 'Zurzeit: nicht erlaubt',
			open: 'Zurzeit: keine Antwort',
		},
		save: 'Antworten speichern',
		withdrawAll: 'Mich gar nicht messen',
		saved:
			'Ihre Antworten sind gespeichert und gelten sofort, auch für Mails, die Sie schon erhalten haben.',
		withdrawn:
			'Sie werden nicht mehr gemessen. Das gilt sofort, auch für Mails, die Sie schon erhalten haben.',
		rightsTitle: 'Ihre Daten',
		rightsText:
			'Sie können eine Kopie der über Sie gespeicherten Daten erhalten oder sie löschen lassen. Wir schicken zuerst einen Link an Ihre Adresse, weil Mails weitergeleitet werden.',
		askCopy: 'Kopie anfordern',
		askErasure: 'Löschung anfordern',
		asked: 'Danke. Sie erhalten eine Mail mit einem Link zur Bestätigung.',
		download: 'Meine Daten herunterladen',
		erase: 'Meine Daten jetzt löschen',
		eraseText: 'Gelöschte Daten lassen sich nicht wiederherstellen.',
		erased: 'Ihre Daten sind gelöscht. Bewahren Sie diese Belegnummer auf:',
		nothingErased:
			'Wir haben nichts gefunden, was über Sie gespeichert ist. Auch Mails, die Sie schon erhalten haben, werden nicht gemessen. Wenn Sie etwas anderes erwartet haben, schreiben Sie dem Absender. Bewahren Sie diese Belegnummer auf:',
		invalidTitle: 'Dieser Link funktioniert nicht',
		invalid:
			'Er ist unvollständig, zu alt oder nicht von uns. Öffnen Sie den Link in Ihrer Mail noch einmal oder schreiben Sie dem Absender.',
		noChange: 'Es wurde nichts geändert: Bitte beantworten Sie mindestens eine Frage.',
		purposes: {
			performance: 'Sehen, welche Mails geöffnet werden, um sie zu verbessern',
			personalisation: 'Inhalte danach auswählen, was Sie zuvor geöffnet haben',
			profiling: 'Profile, die außerhalb von Mails genutzt werden',
			frequency: 'Anpassen, wie oft Sie Mails erhalten',
			deliverability: 'Den Verteiler anhand des Tages der letzten Öffnung pflegen',
			security: 'Ihre Anmeldung schützen',
			'legal-notice': 'Nachweisen, dass eine Pflichtmitteilung angekommen ist',
			'view-time': 'Messen, wie lange eine Mail gelesen wird',
		},
	},
	fr: {
		title: 'Suivi de l’ouverture des courriels',
		yes: 'Oui, j’accepte',
		no: 'Non, je refuse',
		now: {
			allowed: 'Actuellement : accepté',
			'not-allowed': 'Actuellement : refusé',
			open: 'Actuellement : sans réponse',
		},
		save: 'Enregistrer mes réponses',
		withdrawAll: 'Refuser tout suivi',
		saved:
			'Vos réponses sont enregistrées et s’appliquent immédiatement, y compris aux courriels déjà reçus.',
		withdrawn:
			'Vous n’êtes plus suivi. Cela s’applique immédiatement, y compris aux courriels déjà reçus.',
		rightsTitle: 'Vos données',
		rightsText:
			'Vous pouvez obtenir une copie des données vous concernant ou les faire effacer. Nous envoyons d’abord un lien à votre adresse, car les courriels se transfèrent.',
		askCopy: 'Demander une copie',
		askErasure: 'Demander l’effacement',
		asked: 'Merci. Vous recevrez un courriel avec un lien de confirmation.',
		download: 'Télécharger mes données',
		erase: 'Effacer mes données maintenant',
		eraseText: 'Les données effacées ne peuvent pas être rétablies.',
		erased: 'Vos données sont effacées. Conservez ce numéro de reçu :',
		nothingErased:
			'Nous n’avons trouvé aucune donnée vous concernant. Les courriels déjà reçus ne seront pas suivis non plus. Si cela vous surprend, écrivez à l’expéditeur. Conservez ce numéro de reçu :',
		invalidTitle: 'Ce lien ne fonctionne pas',
		invalid:
			'Il est incomplet, trop ancien ou ne vient pas de nous. Ouvrez à nouveau le lien de votre courriel ou écrivez à l’expéditeur.',
		noChange: 'Rien n’a été modifié : répondez à au moins une question.',
		purposes: {
			performance: 'Savoir quels courriels sont ouverts, afin de les améliorer',
			personalisation: 'Choisir le contenu selon vos ouvertures précédentes',
			profiling: 'Profils utilisés en dehors des courriels',
			frequency: 'Adapter la fréquence des envois',
			deliverability: 'Tenir la liste à jour selon le jour de la dernière ouverture',
			security: 'Protéger votre connexion',
			'legal-notice': 'Prouver la réception d’une information obligatoire',
			'view-time': 'Mesurer la durée de lecture',
		},
	},
	it: {
		title: 'Tracciamento dell’apertura delle e-mail',
		yes: 'Sì, acconsento',
		no: 'No',
		now: {
			allowed: 'Attualmente: consentito',
			'not-allowed': 'Attualmente: non consentito',
			open: 'Attualmente: nessuna risposta',
		},
		save: 'Salva le mie risposte',
		withdrawAll: 'Non tracciarmi affatto',
		saved: 'Le risposte sono salvate e valgono subito, anche per le e-mail già ricevute.',
		withdrawn: 'Non sei più tracciato. Vale subito, anche per le e-mail già ricevute.',
		rightsTitle: 'I tuoi dati',
		rightsText:
			'Puoi ricevere una copia dei dati che ti riguardano o farli cancellare. Prima inviamo un link al tuo indirizzo, perché le e-mail vengono inoltrate.',
		askCopy: 'Chiedi una copia',
		askErasure: 'Chiedi la cancellazione',
		asked: 'Grazie. Riceverai una e-mail con un link di conferma.',
		download: 'Scarica i miei dati',
		erase: 'Cancella ora i miei dati',
		eraseText: 'I dati cancellati non si possono recuperare.',
		erased: 'I tuoi dati sono cancellati. Conserva questo numero di ricevuta:',
		nothingErased:
			'Non abbiamo trovato dati che ti riguardano. Anche le e-mail già ricevute non saranno tracciate. Se ti aspettavi altro, scrivi al mittente. Conserva questo numero di ricevuta:',
		invalidTitle: 'Questo link non funziona',
		invalid:
			'È incompleto, troppo vecchio o non è nostro. Apri di nuovo il link nella e-mail o scrivi al mittente.',
		noChange: 'Non è stato modificato nulla: rispondi ad almeno una domanda.',
		purposes: {
			performance: 'Sapere quali e-mail vengono aperte, per migliorarle',
			personalisation: 'Scegliere i contenuti in base alle aperture precedenti',
			profiling: 'Profili usati al di fuori delle e-mail',
			frequency: 'Adattare la frequenza degli invii',
			deliverability: 'Tenere pulita la lista in base al giorno dell’ultima apertura',
			security: 'Proteggere il tuo accesso',
			'legal-notice': 'Provare la ricezione di una comunicazione obbligatoria',
			'view-time': 'Misurare per quanto tempo si legge una e-mail',
		},
	},
};

import type { Purpose } from '../../tracking/event/purpose';

/** Languages that the consent pages speak. The notice itself is the sender's, in their own words. */
export const PAGE_LANGUAGES = ['en', 'de', 'fr', 'it'] as const;
export type PageLanguage = (typeof PAGE_LANGUAGES)[number];

export interface PageWords {
	title: string;
	yes: string;
	no: string;
	/** No answer to a question: what was said before stays */
	leave: string;
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
	forgotten: string;
	download: string;
	erase: string;
	eraseText: string;
	erased: string;
	nothingErased: string;
	unsubscribe: string;
	unsubscribeText: string;
	unsubscribed: string;
	invalidTitle: string;
	invalid: string;
	noChange: string;
	tooOften: string;
	purposes: Record<Purpose, string>;
}

export const PAGE_WORDS: Record<PageLanguage, PageWords> = {
	en: {
		title: 'Tracking of emails you open',
		yes: 'Yes, you may',
		no: 'No',
		leave: 'Leave as it is',
		now: { allowed: 'Now: allowed', 'not-allowed': 'Now: not allowed', open: 'Now: no answer yet' },
		save: 'Save my answers',
		withdrawAll: 'Do not track me at all',
		saved: 'Your answers are saved and count at once, also for emails you have already received.',
		withdrawn:
			'You are no longer tracked. This counts at once, also for emails you have already received.',
		rightsTitle: 'Your data',
		rightsText:
			'You can ask for a copy of what is stored about you, or for its erasure. We make sure first that it is you who asks, because emails get forwarded.',
		askCopy: 'Ask for a copy',
		askErasure: 'Ask for erasure',
		asked:
			'Thank you. Your request is noted and stays open until it is answered. You can also write to us:',
		forgotten:
			'Your data was erased and you are not tracked. Nothing is stored when you open our emails.',
		download: 'Download my data',
		erase: 'Erase my data now',
		eraseText: 'Erased data cannot be brought back.',
		erased: 'Your data is erased. Keep this receipt number:',
		nothingErased:
			'We found nothing that is stored about you. Emails you already have will not be tracked either. If you expected something else, write to the sender. Keep this receipt number:',
		unsubscribe: 'Unsubscribe',
		unsubscribeText:
			'If you confirm, what you open and follow in our emails is no longer tracked, also in emails that you already have. And it is passed on to whoever sends them that you want no more of these emails.',
		unsubscribed:
			'You are no longer tracked. This counts at once, also for emails you have already received. That you want no more of these emails is passed on to whoever sends them.',
		invalidTitle: 'This link does not work',
		invalid:
			'It is incomplete, too old or not from us. Open the link in your email again, or write to the sender.',
		noChange: 'Nothing was changed: please answer at least one question.',
		tooOften:
			'Nothing was changed: this page was answered very often within an hour. Please try again later, or write to the sender.',
		purposes: {
			performance: 'See which emails are opened, to improve them',
			personalisation: 'Choose content by what you opened before',
			profiling: 'Profiles that are used outside email',
			frequency: 'Adjust how often you get email',
			deliverability: 'Keep the list clean by the day of your last open',
			security: 'Protect your sign-in',
			'legal-notice': 'Prove that a required notice arrived',
			'image-held': 'Measure how long an email is read',
			clicks: 'See which links of an email you follow',
		},
	},
	de: {
		title: 'Messung geöffneter Mails',
		yes: 'Ja, einverstanden',
		no: 'Nein',
		leave: 'So lassen',
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
			'Sie können eine Kopie der über Sie gespeicherten Daten oder deren Löschung verlangen. Wir vergewissern uns zuerst, dass die Anfrage von Ihnen kommt, weil Mails weitergeleitet werden.',
		askCopy: 'Kopie anfordern',
		askErasure: 'Löschung anfordern',
		asked:
			'Danke. Ihre Anfrage ist vermerkt und bleibt offen, bis sie beantwortet ist. Sie können uns auch schreiben:',
		forgotten:
			'Ihre Daten wurden gelöscht, und Sie werden nicht gemessen. Wenn Sie unsere Mails öffnen, wird nichts gespeichert.',
		download: 'Meine Daten herunterladen',
		erase: 'Meine Daten jetzt löschen',
		eraseText: 'Gelöschte Daten lassen sich nicht wiederherstellen.',
		erased: 'Ihre Daten sind gelöscht. Bewahren Sie diese Belegnummer auf:',
		nothingErased:
			'Wir haben nichts gefunden, was über Sie gespeichert ist. Auch Mails, die Sie schon erhalten haben, werden nicht gemessen. Wenn Sie etwas anderes erwartet haben, schreiben Sie dem Absender. Bewahren Sie diese Belegnummer auf:',
		unsubscribe: 'Abbestellen',
		unsubscribeText:
			'Wenn Sie bestätigen, wird nicht mehr gemessen, was Sie in unseren Mails öffnen und welchen Links Sie folgen, auch nicht in Mails, die Sie schon erhalten haben. Außerdem wird an den Absender weitergegeben, dass Sie keine solchen Mails mehr wünschen.',
		unsubscribed:
			'Sie werden nicht mehr gemessen. Das gilt sofort, auch für Mails, die Sie schon erhalten haben. An den Absender wird weitergegeben, dass Sie keine solchen Mails mehr wünschen.',
		invalidTitle: 'Dieser Link funktioniert nicht',
		invalid:
			'Er ist unvollständig, zu alt oder nicht von uns. Öffnen Sie den Link in Ihrer Mail noch einmal oder schreiben Sie dem Absender.',
		noChange: 'Es wurde nichts geändert: Bitte beantworten Sie mindestens eine Frage.',
		tooOften:
			'Es wurde nichts geändert: Diese Seite wurde innerhalb einer Stunde sehr oft beantwortet. Bitte versuchen Sie es später noch einmal oder schreiben Sie dem Absender.',
		purposes: {
			performance: 'Sehen, welche Mails geöffnet werden, um sie zu verbessern',
			personalisation: 'Inhalte danach auswählen, was Sie zuvor geöffnet haben',
			profiling: 'Profile, die außerhalb von Mails genutzt werden',
			frequency: 'Anpassen, wie oft Sie Mails erhalten',
			deliverability: 'Den Verteiler anhand des Tages der letzten Öffnung pflegen',
			security: 'Ihre Anmeldung schützen',
			'legal-notice': 'Nachweisen, dass eine Pflichtmitteilung angekommen ist',
			'image-held': 'Messen, wie lange eine Mail gelesen wird',
			clicks: 'Sehen, welchen Links in einer Mail Sie folgen',
		},
	},
	fr: {
		title: 'Suivi de l’ouverture des courriels',
		yes: 'Oui, j’accepte',
		no: 'Non, je refuse',
		leave: 'Ne rien changer',
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
			'Vous pouvez demander une copie des données vous concernant ou leur effacement. Nous vérifions d’abord que la demande vient de vous, car les courriels se transfèrent.',
		askCopy: 'Demander une copie',
		askErasure: 'Demander l’effacement',
		asked:
			'Merci. Votre demande est enregistrée et reste ouverte jusqu’à notre réponse. Vous pouvez aussi nous écrire :',
		forgotten:
			'Vos données ont été effacées et vous n’êtes pas suivi. Rien n’est enregistré lorsque vous ouvrez nos courriels.',
		download: 'Télécharger mes données',
		erase: 'Effacer mes données maintenant',
		eraseText: 'Les données effacées ne peuvent pas être rétablies.',
		erased: 'Vos données sont effacées. Conservez ce numéro de reçu :',
		nothingErased:
			'Nous n’avons trouvé aucune donnée vous concernant. Les courriels déjà reçus ne seront pas suivis non plus. Si cela vous surprend, écrivez à l’expéditeur. Conservez ce numéro de reçu :',
		unsubscribe: 'Se désabonner',
		unsubscribeText:
			'Si vous confirmez, ce que vous ouvrez et les liens que vous suivez dans nos courriels ne sont plus suivis, y compris dans les courriels déjà reçus. De plus, l’expéditeur est informé que vous ne souhaitez plus recevoir ces courriels.',
		unsubscribed:
			'Vous n’êtes plus suivi. Cela s’applique immédiatement, y compris aux courriels déjà reçus. L’expéditeur est informé que vous ne souhaitez plus recevoir ces courriels.',
		invalidTitle: 'Ce lien ne fonctionne pas',
		invalid:
			'Il est incomplet, trop ancien ou ne vient pas de nous. Ouvrez à nouveau le lien de votre courriel ou écrivez à l’expéditeur.',
		noChange: 'Rien n’a été modifié : répondez à au moins une question.',
		tooOften:
			'Rien n’a été modifié : cette page a reçu un très grand nombre de réponses en une heure. Réessayez plus tard ou écrivez à l’expéditeur.',
		purposes: {
			performance: 'Savoir quels courriels sont ouverts, afin de les améliorer',
			personalisation: 'Choisir le contenu selon vos ouvertures précédentes',
			profiling: 'Profils utilisés en dehors des courriels',
			frequency: 'Adapter la fréquence des envois',
			deliverability: 'Tenir la liste à jour selon le jour de la dernière ouverture',
			security: 'Protéger votre connexion',
			'legal-notice': 'Prouver la réception d’une information obligatoire',
			'image-held': 'Mesurer la durée de lecture',
			clicks: 'Savoir quels liens d’un courriel vous suivez',
		},
	},
	it: {
		title: 'Tracciamento dell’apertura delle e-mail',
		yes: 'Sì, acconsento',
		no: 'No',
		leave: 'Lasciare invariato',
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
			'Puoi chiedere una copia dei dati che ti riguardano o la loro cancellazione. Prima verifichiamo che la richiesta venga da te, perché le e-mail vengono inoltrate.',
		askCopy: 'Chiedi una copia',
		askErasure: 'Chiedi la cancellazione',
		asked:
			'Grazie. La tua richiesta è registrata e resta aperta finché non riceve risposta. Puoi anche scriverci:',
		forgotten:
			'I tuoi dati sono stati cancellati e non sei tracciato. Quando apri le nostre e-mail non viene memorizzato nulla.',
		download: 'Scarica i miei dati',
		erase: 'Cancella ora i miei dati',
		eraseText: 'I dati cancellati non si possono recuperare.',
		erased: 'I tuoi dati sono cancellati. Conserva questo numero di ricevuta:',
		nothingErased:
			'Non abbiamo trovato dati che ti riguardano. Anche le e-mail già ricevute non saranno tracciate. Se ti aspettavi altro, scrivi al mittente. Conserva questo numero di ricevuta:',
		unsubscribe: 'Annulla l’iscrizione',
		unsubscribeText:
			'Se confermi, ciò che apri e i link che segui nelle nostre e-mail non vengono più tracciati, neanche nelle e-mail già ricevute. Inoltre il mittente viene informato che non desideri più ricevere queste e-mail.',
		unsubscribed:
			'Non sei più tracciato. Vale subito, anche per le e-mail già ricevute. Il mittente viene informato che non desideri più ricevere queste e-mail.',
		invalidTitle: 'Questo link non funziona',
		invalid:
			'È incompleto, troppo vecchio o non è nostro. Apri di nuovo il link nella e-mail o scrivi al mittente.',
		noChange: 'Non è stato modificato nulla: rispondi ad almeno una domanda.',
		tooOften:
			'Non è stato modificato nulla: questa pagina ha ricevuto moltissime risposte in un’ora. Riprova più tardi o scrivi al mittente.',
		purposes: {
			performance: 'Sapere quali e-mail vengono aperte, per migliorarle',
			personalisation: 'Scegliere i contenuti in base alle aperture precedenti',
			profiling: 'Profili usati al di fuori delle e-mail',
			frequency: 'Adattare la frequenza degli invii',
			deliverability: 'Tenere pulita la lista in base al giorno dell’ultima apertura',
			security: 'Proteggere il tuo accesso',
			'legal-notice': 'Provare la ricezione di una comunicazione obbligatoria',
			'image-held': 'Misurare per quanto tempo si legge una e-mail',
			clicks: 'Sapere quali link di una e-mail apri',
		},
	},
};

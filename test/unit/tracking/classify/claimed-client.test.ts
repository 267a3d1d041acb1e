import fc from 'fast-check';

import { inOurWords } from '../../../../src/tracking/classify/claimed-client';

test.each<[family: string, os: string, device: string, ours: [string, string, string | null]]>([
	['Microsoft Outlook', 'OS X 10.15 Catalina', 'Desktop', ['Outlook', 'macOS', 'desktop']],
	['Mobile Safari', 'iOS', 'mobile', ['Safari', 'iOS', 'phone']],
	['Chrome Mobile', 'Android 14', 'Smartphone', ['Chrome', 'Android', 'phone']],
	['GmailImageProxy', 'Windows 10', 'Phone', ['Gmail', 'Windows', 'phone']],
	['IE', 'Windows XP', 'Other', ['Internet Explorer', 'Windows', null]],
	['Apple Mail', 'Mac OS X', 'Tablet', ['Apple Mail', 'macOS', 'tablet']],
	['Windows Live Mail', 'Chrome OS', 'TV', ['Windows Live Mail', 'ChromeOS', 'tv']],
	[' Yahoo! Mail ', 'Ubuntu', 'desktop', ['Yahoo Mail', 'Linux', 'desktop']],
	// What no table knows keeps the service's name.
	['Kaffeefahrt', ' BeOS ', '__proto__', ['Kaffeefahrt', 'BeOS', null]],
])('%s on %s, a %s, in our words', (family, os, device, [ourFamily, ourOs, ourDevice]) => {
	expect(inOurWords({ family, os, device })).toEqual({
		family: ourFamily,
		os: ourOs,
		device: ourDevice,
	});
});

test('our own words stay as they are, and anything is taken', () => {
	const ours = { family: 'Proton Mail', os: 'Windows Phone', device: 'phone' };
	expect(inOurWords(ours)).toEqual(ours);
	const nothing = { family: null, os: null, device: null };
	expect(inOurWords(nothing)).toEqual(nothing);
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (name) => {
			const once = inOurWords({ family: name, os: name, device: name });
			expect(inOurWords(once)).toEqual(once);
		}),
	);
});

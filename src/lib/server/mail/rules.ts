/**
 * What our mails say. No name is in them: whoever signs up with somebody else's address could have us send
 * that person anything. For as long as the links work, see auth/links.ts.
 */

export type Letter = { subject: string; text: string; html: string };

export const verification = ({ link }: { link: string }): Letter =>
	compose({
		subject: 'Confirm your address for Latchkey',
		before: [
			`An account at ${hostOf(link)} was created with this address. Confirm that the address is yours.`
		],
		button: 'Confirm this address',
		link,
		after: [
			'The link works once, for seven days.',
			'If you did not create an account, ignore this mail: the address stays unconfirmed.'
		]
	});

export const passwordReset = ({ link }: { link: string }): Letter =>
	compose({
		subject: 'Reset your Latchkey password',
		before: [
			'Somebody asked to reset the password of the account with this address. If it was you, choose a new one.'
		],
		button: 'Choose a new password',
		link,
		after: [
			'The link works once, for one hour. A new password signs you out on every device.',
			'If it was not you, ignore this mail: your password stays as it is.'
		]
	});

export const newDevice = (to: { device: string; ip: string; at: string; securityLink: string }): Letter =>
	compose({
		subject: 'New sign-in to your Latchkey account',
		before: ['Your account was signed in to from a device that it has not been used on before.'],
		facts: { Device: to.device, When: to.at, 'IP address': to.ip },
		then: [
			'If this was you, there is nothing to do.',
			'If this was not you, somebody knows your password: end that session and change the password now.'
		],
		button: 'Review your sessions',
		link: to.securityLink
	});

export const passwordChanged = (to: { at: string; ip?: string; forgotLink: string }): Letter =>
	compose({
		subject: 'Your Latchkey password was changed',
		before: ['The password of your account was changed, which has ended the sessions on other devices.'],
		facts: { When: to.at, ...(to.ip !== undefined && { 'IP address': to.ip }) },
		then: [
			'If this was you, there is nothing to do.',
			'If this was not you, take your account back: reset the password now.'
		],
		button: 'Reset the password',
		link: to.forgotLink
	});

/** A moment as its reader would say it: "Friday 20 November 2026 at 14:05 (Europe/Berlin)". */
export function inWords(at: Date, timeZone: string): string {
	const day = new Intl.DateTimeFormat('en-GB', {
		timeZone,
		weekday: 'long',
		day: 'numeric',
		month: 'long',
		year: 'numeric'
	});
	const time = new Intl.DateTimeFormat('en-GB', {
		timeZone,
		hour: '2-digit',
		minute: '2-digit',
		hourCycle: 'h23'
	});
	return `${day.format(at)} at ${time.format(at)} (${timeZone.replaceAll('_', ' ')})`;
}

type Content = {
	subject: string;
	before: string[];
	facts?: Record<string, string>;
	then?: string[];
	button: string;
	link: string;
	after?: string[];
};

function compose({ subject, before, facts = {}, then = [], button, link, after = [] }: Content): Letter {
	const origin = new URL(link).origin;
	const footer = `Sent by Latchkey at ${origin}, where this address has an account.`;
	const harmlessFacts = Object.entries(facts).map(([name, value]) => [name, harmless(value)] as const);
	return {
		subject,
		text: writeText({ before, facts: harmlessFacts, then, button, link, after, footer }),
		html: writeHtml({ subject, before, facts: harmlessFacts, then, button, link, after, footer })
	};
}

type Parts = Required<Omit<Content, 'facts' | 'subject'>> & {
	facts: (readonly [name: string, value: string])[];
	footer: string;
};

/** ASCII in short lines as far as we are concerned, so that it travels, and can be read in an .eml file, as it is. */
function writeText({ before, facts, then, button, link, after, footer }: Parts): string {
	const blocks = [
		...before.map(wrap),
		...(facts.length ? [facts.map(([name, value]) => `${name}: ${value}`).join('\n')] : []),
		...then.map(wrap),
		`${button}:\n${link}`,
		...after.map(wrap),
		`--\n${wrap(footer)}`
	];
	return `${blocks.join('\n\n')}\n`;
}

const wrap = (paragraph: string) => paragraph.replace(/(.{1,72})( |$)/g, '$1\n').trimEnd();

/** Light by inline styles, which every client keeps, and dark by a style sheet where there are clients that do it. */
function writeHtml({
	subject,
	before,
	facts,
	then,
	button,
	link,
	after,
	footer
}: Parts & { subject: string }): string {
	const paragraph = (text: string) => `<p style="margin:0 0 16px">${escape(text)}</p>`;
	const fact = ([name, value]: Parts['facts'][number]) =>
		`<span class="muted" style="color:#67625c">${escape(name)}:</span> ${escape(value)}`;
	// Said where it is needed, for Outlook's tables inherit none from around them.
	const font = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
	const table = 'role="presentation" border="0" cellpadding="0" cellspacing="0"';

	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>${escape(subject)}</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
	.page { background: #0f1114 !important; color: #e3e7ea !important; }
	.card { background: #16191c !important; border-color: #2a2e32 !important; }
	.muted { color: #9aa1a7 !important; }
	.button { background: #6ecadd !important; color: #04191f !important; }
	.link { color: #6ecadd !important; }
}
</style>
</head>
<body class="page" style="margin:0;background:#f4f4f1;color:#25211b">
<table ${table} width="100%"><tr><td align="center" style="padding:32px 16px">
<table ${table} width="100%" style="max-width:520px;text-align:left">
<tr><td class="card" style="padding:32px 32px 16px;background:#ffffff;border:1px solid #e5e4e1;border-radius:12px;font-size:16px;line-height:24px;${font}">
<p class="muted" style="margin:0 0 24px;color:#67625c;font-weight:600">Latchkey</p>
<h1 style="margin:0 0 16px;font-size:22px;line-height:28px;font-weight:600">${escape(subject)}</h1>
${before.map(paragraph).join('\n')}
${facts.length ? `<p style="margin:0 0 16px;word-break:break-word">${facts.map(fact).join('<br>\n')}</p>` : ''}
${then.map(paragraph).join('\n')}
<table ${table} style="margin:24px 0"><tr><td class="button" bgcolor="#006d84" style="border-radius:8px;background:#006d84">
<a class="button" href="${escape(link)}" style="display:inline-block;padding:10px 20px;border-radius:8px;color:#ffffff;font-weight:600;text-decoration:none;${font}">${escape(button)}</a>
</td></tr></table>
<p class="muted" style="margin:0 0 16px;color:#67625c;font-size:14px;line-height:20px;word-break:break-word">Or open this address:<br>
<a class="link" href="${escape(link)}" style="color:#006d84">${escape(link)}</a></p>
${after.map(paragraph).join('\n')}
</td></tr>
<tr><td class="muted" style="padding:16px 32px;color:#67625c;font-size:14px;line-height:20px;${font}">${escape(footer)}</td></tr>
</table>
</td></tr></table>
</body>
</html>
`;
}

const hostOf = (link: string) => new URL(link).host;

const entities: Record<string, string> = {
	'&': '&amp;',
	'<': '&lt;',
	'>': '&gt;',
	'"': '&quot;',
	"'": '&#39;'
};

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

/**
 * A device's name is anything that a program likes to send, so it becomes one line of bounded length. Mail
 * clients turn whatever looks like an address into a link; a space without a width keeps it plain text.
 */
function harmless(text: string): string {
	const line = text.replace(/[\s\p{C}]+/gu, ' ').trim();
	return [...line]
		.slice(0, 100)
		.join('')
		.replace(/[.@](?=\p{L})|:(?=\/\/)/gu, '$&\u200b');
}

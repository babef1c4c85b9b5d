import { BROWSER_MAP, parse } from 'bowser';

const browsers = new Set(Object.values(BROWSER_MAP));

const shortNames = new Map([
	['Microsoft Edge', 'Edge'],
	['Samsung Internet for Android', 'Samsung Internet']
]);

/** Programs whose users know them by another name than the one they send. */
const programs: [RegExp, string][] = [
	[/^(node|undici|node-fetch|axios|got)\b/i, 'Node.js program'],
	[/^(python|aiohttp)\b/i, 'Python program'],
	[/^go-http-client\b/i, 'Go program'],
	[/^(java|okhttp|apache-httpclient)\b/i, 'Java program'],
	[/^(deno|bun|dart|ruby)\b/i, '$1 program'],
	[/^postmanruntime\b/i, 'Postman'],
	[/powershell\//i, 'PowerShell']
];

/**
 * A device in words such as "Firefox on Linux" or "curl 8", for lists and mails, from whatever a client
 * says of itself; null if it says nothing. Clients can lie, so nothing of theirs is repeated but a short
 * name that can't be taken for a link or a sentence.
 */
export function describeDevice(userAgent: string | null | undefined): string | null {
	const text = (userAgent ?? '').trim().slice(0, 512);
	if (!text) return null;

	for (const [pattern, name] of programs) {
		const match = pattern.exec(text);
		if (match) return name.replace('$1', titled(match[1] ?? ''));
	}
	// Every browser begins like this, for historical reasons. What doesn't, bowser would read as anything.
	const isBrowser = /^(Mozilla|Opera)\//.test(text);
	return (isBrowser ? browserOf(text) : programOf(text)) ?? 'Unknown device';
}

const titled = (word: string) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();

function browserOf(text: string): string | null {
	const { browser, os, platform } = parse(text);
	const name = browsers.has(browser.name ?? '') ? browser.name : undefined;
	// The model is the better word for people; elsewhere it is a code such as SM-S918B.
	const place = os.name === 'iOS' ? (platform.model ?? os.name) : os.name;
	if (!name) return place ? `Browser on ${place}` : null;
	const short = shortNames.get(name) ?? name;
	return place ? `${short} on ${place}` : short;
}

function programOf(text: string): string | null {
	const [, name, major] = /^([a-z][a-z0-9_-]{1,23})\/v?(\d{1,4})(?![\w-])/i.exec(text) ?? [];
	return name && major ? `${name} ${major}` : null;
}

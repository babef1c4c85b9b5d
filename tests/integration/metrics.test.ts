import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { http, randomEmail, outcome, remote, serve } from './harness';

/** Prometheus' text format, as strictly as its own parser takes it. */
function parse(text: string): Map<string, number> {
	expect(text.endsWith('\n')).toBe(true);
	const samples = new Map<string, number>();
	const types = new Map<string, string>();
	for (const line of text.split('\n').filter(Boolean)) {
		const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.*)$/.exec(line);
		if (comment) {
			if (comment[1] === 'TYPE') {
				expect(['counter', 'gauge', 'histogram', 'summary']).toContain(comment[3]);
				expect(types.has(comment[2]!)).toBe(false);
				types.set(comment[2]!, comment[3]!);
			}
			continue;
		}
		const sample =
			/^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (NaN|[+-]Inf|-?[\d.]+(?:e[+-]?\d+)?)$/.exec(
				line
			);
		expect(sample, line).not.toBeNull();
		const name = sample![1]!.replace(/_(bucket|sum|count)$/, '');
		expect(types.has(name) || types.has(sample![1]!), line).toBe(true);
		expect(samples.has(sample![1]! + (sample![2] ?? '')), line).toBe(false);
		samples.set(sample![1]! + (sample![2] ?? ''), Number(sample![3]));
	}
	return samples;
}

test('without a token the machine itself may read them, and they say what happened', async () => {
	await outcome(remote().auth.signIn.mutate({ email: randomEmail(), password: 'wrong' }));
	const response = await http('/metrics');
	expect(response.status).toBe(200);
	expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
	const samples = parse(await response.text());
	expect(samples.get('latchkey_audit_events_total{type="sign_in_failed"}')).toBe(1);
	expect(
		samples.get(
			'latchkey_http_request_seconds_count{method="POST",route="/trpc/[...procedure]",status="401"}'
		)
	).toBe(1);
	for (const kind of [
		'many_failures',
		'many_accounts_tried',
		'refresh_token_reused',
		'new_device_after_failures'
	])
		expect(samples.get(`latchkey_alerts_total{kind="${kind}"}`)).toBe(0);
	expect(samples.get('latchkey_mail_waiting')).toEqual(expect.any(Number));
	// Nobody is named in them.
	expect([...samples.keys()].join()).not.toMatch(/@|[0-9a-f]{8}-[0-9a-f]{4}/);
});

test('without a token nobody from elsewhere may, whatever they say of themselves', async () => {
	const address = Object.values(networkInterfaces())
		.flat()
		.find((place) => place?.family === 'IPv4' && !place.internal)?.address;
	const proxied = await serve({ ADDRESS_HEADER: 'x-real-ip' });
	const from = async (ip: string) =>
		(await fetch(`${proxied.url}/metrics`, { headers: { 'x-real-ip': ip } })).status;
	expect(await from('203.0.113.7')).toBe(401);
	expect(await from('127.0.0.1.evil.example')).toBe(401);
	expect(await from('::1')).toBe(200);
	// A machine without a network has only itself.
	if (address === undefined) return;
	const { url } = await serve({ HOST: '0.0.0.0' });
	const away = new URL(url);
	away.hostname = address;
	expect(
		(await fetch(new URL('/metrics', away), { headers: { 'x-forwarded-for': '127.0.0.1' } })).status
	).toBe(401);
	expect((await fetch(`${url}/metrics`)).status).toBe(200);
});

test('with a token it takes the token, from anywhere', async () => {
	const token = 'a-token-for-metrics';
	const { url } = await serve({ METRICS_TOKEN: token, ADDRESS_HEADER: 'x-real-ip' });
	const ask = async (headers: Record<string, string>) => (await fetch(`${url}/metrics`, { headers })).status;
	expect(await ask({})).toBe(401);
	for (const wrong of [
		'',
		'Bearer',
		'Bearer a-token-for-metric',
		`Bearer ${token}x`,
		`Basic ${token}`,
		token
	])
		expect(await ask({ authorization: wrong, 'x-real-ip': '127.0.0.1' })).toBe(401);
	expect(await ask({ authorization: `Bearer ${token}`, 'x-real-ip': '203.0.113.7' })).toBe(200);
	expect(await ask({ authorization: `bearer ${token}` })).toBe(200);
});

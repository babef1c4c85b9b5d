import { timingSafeEqual } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { text } from '@sveltejs/kit';
import { clientOf } from '$lib/server/auth/authenticate';
import { config } from '$lib/server/config';
import { registry } from '$lib/server/metrics';
import type { RequestHandler } from './$types';

export const GET: RequestHandler = async (event) => {
	if (!isAllowed(event.request.headers.get('authorization'), clientOf(event).ip)) {
		return text('Send METRICS_TOKEN as a bearer token, or call from this machine if there is none.\n', {
			status: 401
		});
	}
	return text(await registry.metrics(), { headers: { 'content-type': registry.contentType } });
};

function isAllowed(authorization: string | null, ip: string): boolean {
	if (config.metricsToken === undefined) return ip === '::1' || isLoopback(ip.replace(/^::ffff:/i, ''));
	const given = Buffer.from(/^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? '');
	const expected = Buffer.from(config.metricsToken);
	return given.length === expected.length && timingSafeEqual(given, expected);
}

const isLoopback = (ip: string) => isIPv4(ip) && ip.startsWith('127.');

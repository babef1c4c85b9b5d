// What `npm start` runs: builds if needed, starts the server, prints its address, and ends in order.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from './build.js';
import { loadConfig, StartError } from './lib/server/config.js';

/** @typedef {(req: import('node:http').IncomingMessage, res: import('node:http').ServerResponse, next: () => void) => unknown} Handler */

// The database needs a moment after the last request; systemd and docker kill after 10 s or more.
const secondsToClose = 4;

const stopping = new AbortController();
/** @type {import('./lib/server/config.js').Config | undefined} */
let config;
let stoppedAt = 0;
/** @type {import('node:http').Server | undefined} */
let server;

/** The last resort. What isn't expected ends the server, in order. */
process.on('uncaughtException', (error) => {
	const { code, path } = /** @type {NodeJS.ErrnoException} */ (error);
	if (code === 'ENOENT' && path?.startsWith(fileURLToPath(new URL('../build/', import.meta.url)))) {
		// Another start has replaced the build that this one serves files from; pages and the API go on.
		return console.error(`${path} is gone, because there is a newer build; restart to use that.`);
	}
	console.error(error);
	process.exitCode = 1;
	stop('SIGTERM');
});
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

try {
	config = loadConfig();
	await ensureBuild(stopping.signal);
	if (!stopping.signal.aborted) await serve(config);
} catch (error) {
	if (!stopping.signal.aborted) {
		// The build has its own copy of the class, so it is known by its name.
		console.error(error instanceof Error && error.name === 'StartError' ? error.message : error);
		process.exitCode = 1;
	}
	close('SIGTERM');
}

/** @param {import('./lib/server/config.js').Config} config */
async function serve(config) {
	// adapter-node reads these while it loads. Without an ORIGIN it takes https for granted, even on localhost.
	Object.assign(process.env, {
		NODE_ENV: 'production',
		ORIGIN: config.origin,
		ADDRESS_HEADER: config.addressHeader ?? '',
		XFF_DEPTH: String(config.xffDepth),
		PROTOCOL_HEADER: config.protocolHeader ?? '',
		HOST_HEADER: config.hostHeader ?? '',
		BODY_SIZE_LIMIT: config.bodySizeLimit
	});
	// Resolves when `init` of hooks.server.ts is through.
	const { handler } = /** @type {{ handler: Handler }} */ (
		await import(new URL('../build/handler.js', import.meta.url).href)
	);
	if (stopping.signal.aborted) return close('SIGTERM');

	server = createServer((req, res) => void answer(handler, req, res));
	try {
		await once(server.listen(config.port, config.host), 'listening');
	} catch (error) {
		throw new StartError(whyNotListening(config, /** @type {NodeJS.ErrnoException} */ (error)));
	}
	if (stoppedAt) server.close(() => close('SIGTERM'));
	else console.log(`Latchkey is at ${config.origin}`);
}

/**
 * @param {Handler} handler
 * @param {import('node:http').IncomingMessage} req
 * @param {import('node:http').ServerResponse} res
 */
async function answer(handler, req, res) {
	// An answer that keeps its connection would keep a stopping server waiting for the next request.
	res.once('close', () => stoppedAt && server?.closeIdleConnections());
	try {
		await handler(req, res, () => res.writeHead(404).end());
	} catch (error) {
		console.error(error);
		if (res.headersSent) res.destroy();
		else res.writeHead(500).end();
	}
}

/**
 * @param {import('./lib/server/config.js').Config} config
 * @param {NodeJS.ErrnoException} error
 */
function whyNotListening({ host, port }, { code, message }) {
	if (code === 'EADDRINUSE')
		return `PORT ${port} is in use by another program; end that one, or set PORT to a free one.`;
	if (code === 'EACCES') return `PORT ${port} is reserved for root; set PORT to one above 1023.`;
	if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
		return `HOST ${host} is not an address of this machine; 0.0.0.0 stands for all of them.`;
	}
	return `Cannot listen on HOST ${host}, PORT ${port}: ${message}.`;
}

/** @param {NodeJS.Signals} signal */
function stop(signal) {
	if (stoppedAt) {
		// A second Ctrl-C is impatience; npm passing on the one that the terminal has sent to everyone is not.
		if (Date.now() - stoppedAt > 500) process.exit(130);
		return;
	}
	stoppedAt = Date.now();
	stopping.abort();
	const seconds = config?.shutdownTimeout ?? 0;
	setTimeout(() => server?.closeAllConnections(), seconds * 1000).unref();
	setTimeout(() => process.exit(), (seconds + secondsToClose) * 1000).unref();
	// While it is still starting, whoever is awaited above goes on from here.
	if (server?.listening) server.close(() => close(signal));
}

/**
 * Lets hooks.server.ts close what it opened, as adapter-node's own server does. The process ends when nothing is left to do.
 * @param {NodeJS.Signals} reason
 */
function close(reason) {
	// @ts-expect-error not among the events of Node itself
	process.emit('sveltekit:shutdown', reason);
	setTimeout(() => process.exit(), secondsToClose * 1000).unref();
}

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../server';

/** The production server with an embedded database of its own, as `npm start` runs it. */
export default async function setUp() {
	const place = mkdtempSync(join(tmpdir(), 'latchkey-e2e-'));
	// PostgreSQL refuses to run as root, and has to get in as somebody else.
	chmodSync(place, 0o755);
	const server = await startServer({ DATA_DIR: join(place, 'data') });
	process.env.BASE_URL = server.url;
	process.env.OUTBOX = join(place, 'data/outbox');

	return async () => {
		await server.stop();
		rmSync(place, { recursive: true, force: true });
	};
}

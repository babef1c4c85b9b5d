import type { Auth } from '$lib/server/auth/authenticate';

declare global {
	namespace App {
		interface Locals {
			requestId: string;
			/** Who is asking: decided once, in hooks.server.ts. */
			auth: Auth;
		}
		/** What adapter-node adds to an event; there is none in development. */
		interface Platform {
			req: import('node:http').IncomingMessage;
		}
		interface Error {
			message: string;
			requestId?: string;
		}
	}
}

export {};

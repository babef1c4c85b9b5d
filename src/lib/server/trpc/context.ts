import type { Auth } from '../auth/authenticate';
import type { Client } from '../auth/sessions';

/** What a procedure knows about the request; a test or a `load` can make one without HTTP. */
export type Context = { requestId: string; auth: Auth; client: Client };

import { createTRPCClient, httpSubscriptionLink } from '@trpc/client';
import type { AppRouter } from './server/trpc/router';
import { refusalOf } from './trpc';

const client = createTRPCClient<AppRouter>({ links: [httpSubscriptionLink({ url: '/trpc' })] });

export type Outcome = { signedOut: boolean; retryAfter?: number };

/** One connection, for as long as it lasts; tells how it ended. */
export function stream(onstarted: () => void, signal: AbortSignal): Promise<Outcome> {
	return new Promise((resolve) => {
		if (signal.aborted) return resolve({ signedOut: false });
		const done = (outcome: Outcome) => {
			signal.removeEventListener('abort', left);
			subscription.unsubscribe();
			resolve(outcome);
		};
		const left = () => done({ signedOut: false });
		const subscription = client.events.subscribe.subscribe(
			{},
			{
				onStarted: onstarted,
				onComplete: left,
				onError(error) {
					const refusal = refusalOf(error);
					done({ signedOut: refusal?.httpStatus === 401, retryAfter: refusal?.retryAfter });
				}
			}
		);
		signal.addEventListener('abort', left);
	});
}

import { authRouter } from '../auth/router';
import { tasksRouter } from '../tasks/router';
import { createCallerFactory, router } from './init';

export const appRouter = router({ auth: authRouter, tasks: tasksRouter });

/** Procedures called from the server itself: `createCaller(context).tasks.list()`. */
export const createCaller = createCallerFactory(appRouter);

export type AppRouter = typeof appRouter;

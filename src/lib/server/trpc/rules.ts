import type { ProcedureType } from '@trpc/server';
import type { Scope } from '../account/queries';

const open = new Set(['tasks', 'projects', 'labels', 'filters', 'events']);

/** What a personal access token needs for a procedure: a scope, nothing at all, or it never may. */
export function scopeFor(path: string, type: ProcedureType): Scope | 'any' | 'never' {
	if (path === 'auth.me') return 'any';
	if (!open.has(path.split('.')[0] ?? '')) return 'never';
	return type === 'mutation' ? 'tasks:write' : 'tasks:read';
}

import { z } from 'zod';
import { line } from './text';

export const label = line('a label', 50);

export const labels = z
	.array(label, 'Send a list of labels.')
	.transform((list) => [...new Set(list)])
	.refine((list) => list.length <= 50, 'Use at most 50 labels.');

export const renameLabel = z.strictObject({ from: label, to: label });

export const deleteLabel = z.strictObject({ name: label });

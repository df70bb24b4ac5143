/** Formats an answer as the options ask. */
import { type HuntAnswer, huntMarkdown, huntTable } from '@flake-sla/hunt'
import type { HuntOptions } from './options.ts'

export function printHunt(
  answer: HuntAnswer,
  { json, format }: Pick<HuntOptions, 'json' | 'format'>,
): string {
  if (json || format === 'json') return JSON.stringify(answer, null, 2)
  return format === 'markdown' ? huntMarkdown(answer) : huntTable(answer)
}

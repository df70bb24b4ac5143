/** The settings that change what the facts about a commit mean. */
import { type Actor, botsAmong } from './bot.ts'
import type { Settings } from './settings.ts'

export interface HeadRules {
  /** Whether an account is a robot. */
  isBot(actor: Actor): boolean
  /** Comments that ask another CI for a re-run, in lower case. */
  retestWords: ReadonlySet<string>
  /** What a status `error` of the jobs matching a name or glob means; the first match applies. */
  outcomes: Settings['outcomes']
}

/** The rules that a repository's settings state. */
export function headRulesOf({ bots, retest, outcomes }: Settings): HeadRules {
  const retestWords = new Set(retest.words.map((words) => words.trim().toLowerCase()))
  return { isBot: botsAmong(bots), retestWords, outcomes }
}

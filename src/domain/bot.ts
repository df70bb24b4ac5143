/** Tells robots from people. */

/**
 * How robots that are GitHub users are called. Source: CNCF devstats, util_sql/exclude_bots.sql at 0320252, which compares
 * logins in lower case; of its patterns these are the ones that mean no person.
 */
const ROBOT = /\[bot\]$|-(?:bot|robot|ci|testing)$|^robot-/i

/** Whether an account is a robot, by what GitHub says of it and by its login. */
export function isBot({ login, type }: { login: string; type?: string | null | undefined }): boolean {
  return type === 'Bot' || ROBOT.test(login)
}

/** The author of an act, and whether the facts call that account a robot (`isBot`). */
export interface Actor {
  login: string
  isBot: boolean
}

/** Recognises robots: those that the facts call so, and the logins of the setting `bots`, in any case. */
export function botsAmong(logins: readonly string[]): (actor: Actor) => boolean {
  const named = new Set(logins.map((login) => login.toLowerCase().replace(/^@/, '')))
  return ({ login, isBot }) => isBot || named.has(login.toLowerCase())
}

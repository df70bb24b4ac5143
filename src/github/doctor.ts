/** Compares the app's settings on GitHub with its manifest: the pure half of `doctor`. */
import { type Finding, fine, odd, wrong } from '../domain/finding.ts'

/** The part of app.yml that GitHub grants and sends. */
export interface Manifest {
  default_permissions: Record<string, string>
  default_events: string[]
}

export interface Granted {
  permissions: Record<string, string | undefined>
  events: readonly string[]
}

const LEVELS = ['none', 'read', 'write', 'admin']

function rank(level: string | undefined): number {
  return LEVELS.indexOf(level ?? 'none')
}

/** Permissions and events that the app lacks or has in excess. @param page the address where they are changed */
export function judgeApp(manifest: Manifest, granted: Granted, page: string): Finding[] {
  const missing = lacking(manifest, granted)
  const extra = Object.entries(granted.permissions).filter(
    ([name, level]) => rank(level) > rank(manifest.default_permissions[name]),
  )
  const findings = [
    missing.length === 0
      ? fine('permissions', 'The app asks for every permission that it needs.')
      : wrong(
          'permissions',
          `The app does not ask for ${missing.join(', ')}.`,
          `Grant it at ${page} under Repository permissions; each organisation then has to accept.`,
        ),
    judgeEvents(manifest, granted, page),
  ]
  if (extra.length > 0) {
    const names = extra.map(([name, level]) => `${name}: ${level}`).join(', ')
    findings.push(
      odd(
        'permissions',
        `The app asks for more than app.yml: ${names}.`,
        `Remove at ${page} what you did not add on purpose.`,
      ),
    )
  }
  return findings
}

/** Whether an organisation has accepted the permissions of the app. */
export function judgeInstallation(
  manifest: Manifest,
  installation: Granted & { account: string; suspended: boolean },
  page: string,
): Finding {
  const check = `installation ${installation.account}`
  if (installation.suspended)
    return odd(
      check,
      'The installation is suspended: GitHub sends nothing from there.',
      `Unsuspend it at ${page} if that was not wanted.`,
    )
  const missing = lacking(manifest, installation)
  const unsent = manifest.default_events.filter((event) => !installation.events.includes(event))
  if (missing.length === 0 && unsent.length > 0)
    return odd(
      check,
      `Not sent from there: ${unsent.join(', ')}.`,
      `GitHub sends these events once the permissions are accepted at ${page}.`,
    )
  if (missing.length === 0) return fine(check, 'Every permission is granted.')
  return wrong(
    check,
    `Not granted: ${missing.join(', ')}.`,
    `An owner of ${installation.account} has to accept the new permissions at ${page}.`,
  )
}

function lacking(manifest: Manifest, granted: Granted): string[] {
  return Object.entries(manifest.default_permissions)
    .filter(([name, level]) => rank(granted.permissions[name]) < rank(level))
    .map(([name, level]) => `${name}: ${level}`)
}

function judgeEvents(manifest: Manifest, { events }: Granted, page: string): Finding {
  const missing = manifest.default_events.filter((event) => !events.includes(event))
  if (missing.length === 0) return fine('events', 'The app is sent every event that it records.')
  return wrong(
    'events',
    `The app is not sent ${missing.join(', ')}.`,
    `Tick them at ${page} under Subscribe to events.`,
  )
}

export interface HookConfig {
  url?: string | undefined
  secret?: string | undefined
  content_type?: string | undefined
  insecure_ssl?: string | number | undefined
}

/** Whether webhooks go to this server. @param expected the address of this server, or null when it is not known */
export function judgeHook(hook: HookConfig, expected: string | null, page: string): Finding[] {
  if (!hook.url)
    return [
      wrong(
        'webhook address',
        'The app has no webhook address: GitHub sends nothing.',
        `Set it at ${page} to <PUBLIC_URL>/api/github/webhooks.`,
      ),
    ]
  const findings: Finding[] = []
  if (expected === null)
    findings.push(
      odd(
        'webhook address',
        `GitHub sends to ${hook.url}; PUBLIC_URL is not set, so it cannot be compared.`,
        'Set PUBLIC_URL to the address at which GitHub reaches this server.',
      ),
    )
  else if (hook.url !== expected)
    findings.push(
      wrong(
        'webhook address',
        `GitHub sends to ${hook.url}, and this server is at ${expected}.`,
        `Change the webhook URL at ${page}, or PUBLIC_URL.`,
      ),
    )
  else findings.push(fine('webhook address', `GitHub sends to ${hook.url}.`))
  if (!hook.secret)
    findings.push(
      wrong(
        'webhook secret',
        'The app has no webhook secret on GitHub, so deliveries are not signed and this server refuses them.',
        `Set it at ${page} to the value of WEBHOOK_SECRET.`,
      ),
    )
  if (String(hook.insecure_ssl ?? '0') === '1')
    findings.push(
      odd(
        'webhook address',
        'GitHub does not check the certificate of the webhook address.',
        `Enable SSL verification at ${page}.`,
      ),
    )
  return findings
}

/** One attempt to deliver a webhook, as GitHub lists it. */
export interface Attempt {
  status_code: number
  /** GitHub's text: `OK`, `timed out`, `failed to connect to host`. */
  status: string
}

/** Whether the last deliveries succeeded, failed their signature, or never arrived. @param attempts newest first */
export function judgeDeliveries(attempts: readonly Attempt[]): Finding {
  const check = 'webhook deliveries'
  if (attempts.length === 0)
    return odd(
      check,
      'GitHub has sent nothing in the last days.',
      'Install the app, or push to a pull request.',
    )
  const isAnswered = ({ status_code: code }: Attempt) => code >= 200 && code < 300
  const failed = attempts.filter((attempt) => !isAnswered(attempt))
  const [newest] = attempts
  if (failed.length === 0 || !newest) return fine(check, `The last ${attempts.length} were answered.`)
  const count = `${failed.length} of the last ${attempts.length}`
  if (isAnswered(newest))
    return odd(
      check,
      `${count} were not answered with success; the newest was.`,
      'Nothing, if the cause is fixed: the server has failed deliveries redelivered every five minutes.',
    )
  if (newest.status_code === 401)
    return wrong(
      check,
      `${count} failed; the signature of the newest did not match.`,
      'WEBHOOK_SECRET differs from the secret on GitHub: set both to the same value.',
    )
  return wrong(
    check,
    `${count} failed; GitHub says about the newest: ${newest.status_code || ''} ${newest.status}.`.replace(
      / +/g,
      ' ',
    ),
    'Check that GitHub can reach the webhook address through the firewall and the proxy, and read the log of this server.',
  )
}

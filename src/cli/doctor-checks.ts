/** Asks GitHub how the app stands there, and judges it against app.yml. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { parse } from 'yaml'
import type { Config } from '../config.ts'
import { type Finding, fine, odd, wrong } from '../domain/finding.ts'
import { type AppCredentials, createProbot } from '../github/app.ts'
import type { Octokit } from '../github/client.ts'
import { judgeApp, judgeDeliveries, judgeHook, judgeInstallation, type Manifest } from '../github/doctor.ts'
import { WEBHOOK_PATH } from '../server/http.ts'

const MAX_CLOCK_SECONDS = 30
const GITHUB_TIMEOUT_MS = 10_000

/** Every finding about the app at GitHub. */
export async function readStanding(config: Config, app: AppCredentials): Promise<Finding[]> {
  const probot = createProbot(app, { baseUrl: config.apiUrl, log: pino({ level: 'silent' }), throttle: true })
  let octokit: Octokit
  try {
    octokit = await probot.auth()
  } catch (error) {
    return [unusable(error)]
  }
  try {
    return await ask(octokit, config)
  } catch (error) {
    return [unusable(error)]
  }
}

function unusable(error: unknown): Finding {
  const { status, message } = error as { status?: number; message: string }
  if (status === 401)
    return wrong(
      'app credentials',
      'GitHub does not accept them.',
      'Check that APP_ID and PRIVATE_KEY are of the same app, and the clock; make a new key on the app’s settings page.',
    )
  if (status === 404)
    return wrong(
      'app credentials',
      'GitHub knows no such app.',
      'Check APP_ID, and GHE_HOST when the app lives on a server of your own.',
    )
  return wrong(
    'app credentials',
    `GitHub could not be asked: ${message.split('\n')[0]}.`,
    'Check that this machine reaches GitHub’s API, GHE_HOST, and PRIVATE_KEY.',
  )
}

async function ask(octokit: Octokit, config: Config): Promise<Finding[]> {
  const manifest = readManifest()
  const { data: app, headers } = await octokit.rest.apps.getAuthenticated()
  if (!app) return [wrong('app credentials', 'GitHub knows no such app.', 'Check APP_ID.')]
  const owner = app.owner && 'login' in app.owner ? app.owner : { login: 'nobody', type: 'User' }
  const page = settingsPage(config.githubUrl, owner, app.slug ?? '')
  const findings = [
    fine('app credentials', `GitHub knows the app as ${app.slug}, of ${owner.login}.`),
    ...(headers.date ? clock('GitHub', Date.parse(headers.date) - Date.now()) : []),
    ...judgeApp(manifest, app as { permissions: Record<string, string>; events: string[] }, page),
  ]
  const { data: hook } = await octokit.rest.apps.getWebhookConfigForApp()
  const expected = config.publicUrl && `${config.publicUrl}${WEBHOOK_PATH}`
  findings.push(...judgeHook(hook, expected, page))
  if (hook.url && hook.url !== expected) findings.push(await reach(hook.url))
  const { data: deliveries } = await octokit.rest.apps.listWebhookDeliveries({ per_page: 100 })
  findings.push(judgeDeliveries(deliveries))
  return [...findings, ...(await askInstallations(octokit, manifest))]
}

/** Whatever the address of the webhooks answers: that it does tells of its name, its certificate and the way there. */
async function reach(url: string): Promise<Finding> {
  const check = 'reachability'
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(GITHUB_TIMEOUT_MS) })
    return fine(check, `${url} answers from here.`)
  } catch {
    return odd(
      check,
      `${url} cannot be reached from here.`,
      'Where it is not meant to be, nothing; else start the server there, and check its name, its certificate and the firewall.',
    )
  }
}

function settingsPage(
  github: string,
  { login, type }: { login: string; type: string },
  slug: string,
): string {
  return `${github}/${type === 'Organization' ? `organizations/${login}/` : ''}settings/apps/${slug}`
}

async function askInstallations(octokit: Octokit, manifest: Manifest): Promise<Finding[]> {
  const installations = await octokit.paginate(octokit.rest.apps.listInstallations, { per_page: 100 })
  if (installations.length === 0)
    return [
      wrong(
        'installations',
        'The app is installed nowhere.',
        'Install it from its settings page, under Install App.',
      ),
    ]
  return installations.map((one) => {
    const account = one.account && 'login' in one.account ? one.account.login : String(one.id)
    const { permissions, events, html_url, suspended_at } = one
    const granted = { permissions: permissions as Record<string, string>, events, account }
    return judgeInstallation(manifest, { ...granted, suspended: suspended_at !== null }, html_url)
  })
}

/** app.yml stands at the root of the project, and of the package, where the code lies one folder deeper. */
function readManifest(): Manifest {
  const found = ['../../app.yml', '../../../app.yml']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path))
  if (!found) throw new Error('app.yml is not beside the program')
  return parse(readFileSync(found, 'utf8')) as Manifest
}

/** @param aheadMs how far the other clock is ahead of ours */
export function clock(whose: string, aheadMs: number): Finding[] {
  const seconds = Math.round(aheadMs / 1000)
  if (Math.abs(seconds) <= MAX_CLOCK_SECONDS) return []
  return [
    odd(
      'clock',
      `The clock of the ${whose} is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine’s.`,
      'Synchronise both (NTP): days are closed by this clock, and GitHub refuses credentials of another time.',
    ),
  ]
}

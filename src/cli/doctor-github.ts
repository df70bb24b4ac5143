/** Checks the app's registration and installations on GitHub against app.yml. */
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

/** All findings about the app on GitHub. */
export async function examineGitHub(config: Config, app: AppCredentials): Promise<Finding[]> {
  const probot = createProbot(app, { baseUrl: config.apiUrl, log: pino({ level: 'silent' }), throttle: true })
  let octokit: Octokit
  try {
    octokit = await probot.auth()
  } catch (error) {
    return [unusable(error)]
  }
  try {
    return await examineApp(octokit, config)
  } catch (error) {
    return [unusable(error)]
  }
}

function unusable(error: unknown): Finding {
  const { status, message } = error as { status?: number; message: string }
  if (status === 401)
    return wrong(
      'app credentials',
      'GitHub rejected them.',
      'Check that APP_ID and PRIVATE_KEY belong to the same app and that the clock is right. If so, generate a new key on the app’s settings page.',
    )
  if (status === 404)
    return wrong(
      'app credentials',
      'GitHub has no such app.',
      'Check APP_ID, and GHE_HOST if you use GitHub Enterprise Server.',
    )
  return wrong(
    'app credentials',
    `GitHub could not be reached: ${message.split('\n')[0]}.`,
    'Check GHE_HOST, PRIVATE_KEY, and that this machine can reach GitHub’s API.',
  )
}

async function examineApp(octokit: Octokit, config: Config): Promise<Finding[]> {
  const manifest = readManifest()
  const { data: app, headers } = await octokit.rest.apps.getAuthenticated()
  if (!app) return [wrong('app credentials', 'GitHub has no such app.', 'Check APP_ID.')]
  const owner = app.owner && 'login' in app.owner ? app.owner : { login: 'nobody', type: 'User' }
  const page = settingsPage(config.githubUrl, owner, app.slug ?? '')
  const findings = [
    fine('app credentials', `Signed in as the app ${app.slug}, owned by ${owner.login}.`),
    ...(headers.date ? clock('GitHub', Date.parse(headers.date) - Date.now()) : []),
    ...judgeApp(manifest, app as { permissions: Record<string, string>; events: string[] }, page),
  ]
  const { data: hook } = await octokit.rest.apps.getWebhookConfigForApp()
  const expected = config.publicUrl && `${config.publicUrl}${WEBHOOK_PATH}`
  findings.push(...judgeHook(hook, expected, page))
  if (hook.url && hook.url !== expected) findings.push(await reach(hook.url))
  const { data: deliveries } = await octokit.rest.apps.listWebhookDeliveries({ per_page: 100 })
  findings.push(judgeDeliveries(deliveries))
  return [...findings, ...(await examineInstallations(octokit, manifest))]
}

/** Checks DNS, certificate and network path. Any HTTP answer is good. */
async function reach(url: string): Promise<Finding> {
  const check = 'reachability'
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(GITHUB_TIMEOUT_MS) })
    return fine(check, `${url} answers from here.`)
  } catch {
    return odd(
      check,
      `${url} cannot be reached from here.`,
      'If this machine is not supposed to reach it, ignore this. Otherwise start the server, and check DNS, the certificate and the firewall.',
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

async function examineInstallations(octokit: Octokit, manifest: Manifest): Promise<Finding[]> {
  const installations = await octokit.paginate(octokit.rest.apps.listInstallations, { per_page: 100 })
  if (installations.length === 0)
    return [
      wrong(
        'installations',
        'The app is not installed anywhere.',
        'Install it from its settings page, under Install App.',
      ),
    ]
  return installations.map(({ id, account: owner, permissions, events, html_url, suspended_at }) => {
    const account = owner && 'login' in owner ? owner.login : String(id)
    const granted = { permissions: permissions as Record<string, string>, events, account }
    return judgeInstallation(manifest, { ...granted, suspended: suspended_at !== null }, html_url)
  })
}

/** Finds app.yml in the root of the repository or of the installed package, where the code is one folder deeper. */
function readManifest(): Manifest {
  const found = ['../../app.yml', '../../../app.yml']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path))
  if (!found) throw new Error('app.yml is missing from the installation')
  return parse(readFileSync(found, 'utf8')) as Manifest
}

/** A finding if another clock differs from this machine's. @param aheadMs how far the other clock is ahead */
export function clock(owner: string, aheadMs: number): Finding[] {
  const seconds = Math.round(aheadMs / 1000)
  if (Math.abs(seconds) <= MAX_CLOCK_SECONDS) return []
  return [
    odd(
      'clock',
      `The clock of ${owner} is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine’s.`,
      'Synchronise both clocks with NTP. Days are closed by this clock, and GitHub rejects credentials with a wrong time.',
    ),
  ]
}

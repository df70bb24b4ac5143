/** Users, organisations, bots and apps as GitHub's API writes them. */
import type { App, Installation } from '../state.ts'
import { type GitHubInstance, nodeId } from './instance.ts'

/** A `simple-user`. An unknown login ending in `[bot]` is a bot, any other a deleted account's placeholder. */
export function userShape(github: GitHubInstance, login: string) {
  const account = github.state.accounts.get(login.toLowerCase())
  const bot = account?.type === 'Bot' || login.endsWith('[bot]')
  const id = account?.id ?? (bot ? botId(github, login) : 10137)
  const name = account?.login ?? (bot ? login : 'ghost')
  const url = `${github.api}/users/${encodeURIComponent(name)}`
  return {
    login: name,
    id,
    node_id: nodeId(bot ? 'BOT' : account?.type === 'Organization' ? 'O' : 'U', id),
    avatar_url: `${github.web}/avatars/${id}`,
    gravatar_id: '',
    url,
    html_url: bot ? `${github.web}/apps/${name.replace('[bot]', '')}` : `${github.web}/${name}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: bot ? 'Bot' : (account?.type ?? 'User'),
    site_admin: false,
    user_view_type: 'public',
  }
}

function botId(github: GitHubInstance, login: string): number {
  for (const app of github.state.apps.values()) if (`${app.slug}[bot]` === login) return 41_000_000 + app.id
  return 41_000_000
}

/** An app (`integration`). */
export function appShape(github: GitHubInstance, app: App) {
  return {
    id: app.id,
    client_id: app.clientId,
    slug: app.slug,
    node_id: nodeId('A', app.id),
    owner: userShape(github, app.owner),
    name: app.name,
    description: '',
    external_url: `${github.web}/${app.slug}`,
    html_url: `${github.web}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: app.permissions,
    events: app.events,
  }
}

/** An installation of the app. */
export function installationShape(github: GitHubInstance, installation: Installation) {
  const { app } = github.state
  const account = userShape(github, installation.account)
  return {
    id: installation.id,
    client_id: app.clientId,
    account,
    repository_selection: installation.repositories === 'all' ? ('all' as const) : ('selected' as const),
    access_tokens_url: `${github.api}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${github.api}/installation/repositories`,
    html_url: `${github.web}/organizations/${installation.account}/settings/installations/${installation.id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: installation.permissions,
    events: installation.events,
    created_at: installation.createdAt,
    updated_at: installation.suspendedAt ?? installation.createdAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: installation.suspendedBy ? userShape(github, installation.suspendedBy) : null,
    suspended_at: installation.suspendedAt,
  }
}

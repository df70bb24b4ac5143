/** The frame around every page: head, navigation, and how fresh the figures are. */
import { DEFINITION_VERSION } from '../domain/sla.ts'
import { ICON_ASSET, SCRIPT_ASSET, STYLE_ASSET } from './assets/assets.ts'
import { type Html, html, instant, name, repositoryPath } from './html.ts'

export interface Page {
  title: string
  body: Html
  /** The repository the page is about, and which of its tabs is open. */
  repository?: { fullName: string; tab: Tab | null; githubUrl: string }
  /** The reader, if this server has a sign-in; `login` is null for a reader who is not signed in. */
  viewer?: { login: string | null; path: string } | undefined
  /** When the figures on the page last changed; null if nothing has been measured yet. */
  measuredAt?: string | null
  /** Whether the page shows progress, and so refreshes itself every few seconds. */
  isMoving?: boolean
}

const REFRESH_S = 5

export type Tab = 'overview' | 'grid' | 'months' | 'incidents' | 'accuracy'

const TABS: { tab: Tab; path: string; label: string }[] = [
  { tab: 'overview', path: '', label: 'Overview' },
  { tab: 'grid', path: '/grid', label: 'Grid' },
  { tab: 'months', path: '/months', label: 'Months' },
  { tab: 'incidents', path: '/incidents', label: 'Incidents' },
  { tab: 'accuracy', path: '/accuracy', label: 'Accuracy' },
]

/** A whole document. */
export function layout(page: Page): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title} · flake-sla</title>
<link rel="stylesheet" href="${STYLE_ASSET.path}">
<link rel="icon" href="${ICON_ASSET.path}" type="image/svg+xml">
${
  page.isMoving
    ? html`<noscript><meta http-equiv="refresh" content="${REFRESH_S * 3}"></noscript>
`
    : ''
}<script src="${SCRIPT_ASSET.path}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<div class="bar"><header class="site"><strong><a href="/">flake-sla</a></strong>
<nav aria-label="Site"><ul><li><a href="/">Repositories</a></li><li><a href="/status">Status</a></li><li><a href="/help">Help</a></li></ul></nav>${page.viewer ? account(page.viewer) : ''}</header></div>
<main id="main"${page.isMoving ? html` data-refresh="${REFRESH_S}"` : ''}>
${page.repository ? heading(page.repository) : ''}
${page.body}
</main>
<footer class="site">${freshness(page.measuredAt)} Definitions version ${DEFINITION_VERSION}. Times are in UTC; days and weeks follow each repository's time zone.</footer>
</body>
</html>`
}

function account({ login, path }: NonNullable<Page['viewer']>): Html {
  if (login === null)
    return html`<a class="account" href="/auth/sign-in?to=${encodeURIComponent(path)}">Sign in</a>`
  return html`<form class="account" method="post" action="/auth/sign-out">${name(login)} <button>Sign out</button></form>`
}

function heading({ fullName, tab, githubUrl }: NonNullable<Page['repository']>): Html {
  return html`<h1>${name(fullName)} </h1><p class="muted"><small><a href="${githubUrl}${repositoryPath(fullName)}">${githubUrl.replace(/^https?:\/\//, '')}${repositoryPath(fullName)}</a></small></p>
<nav class="tabs" aria-label="${fullName}"><ul>${TABS.map(
    (item) =>
      html`<li><a href="${repositoryPath(fullName, item.path)}"${item.tab === tab ? html` aria-current="page"` : ''}>${item.label}</a></li>`,
  )}</ul></nav>`
}

function freshness(measuredAt: string | null | undefined): Html | string {
  if (measuredAt === undefined) return ''
  if (measuredAt === null) return 'Nothing measured yet.'
  return html`Figures last changed ${instant(measuredAt)}.`
}

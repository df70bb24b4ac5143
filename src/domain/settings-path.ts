/** Where a repository's settings stand, in its own files and in the organisation's `.github` repository alike. */
export const SETTINGS_PATH = '.github/flake-sla.yml'

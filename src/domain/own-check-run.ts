/** How the check runs that this app makes are told from those that test something: by the start of their external id. */
export const OWN_CHECK_RUN = 'flake-sla:'

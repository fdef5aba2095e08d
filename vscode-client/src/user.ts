// Whose word counts where a setting is made in several places: the user's own, never the workspace's.

/** What the editor knows of a setting, as `WorkspaceConfiguration.inspect` gives it. */
export interface Inspected<T> {
    globalValue?: T;
    workspaceValue?: T;
    workspaceFolderValue?: T;
}

/** The text that the user set; undefined where there is none. */
export function textOf(found: Inspected<unknown> | undefined): string | undefined {
    const value = found?.globalValue;
    return typeof value === "string" ? value.trim() || undefined : undefined;
}

/** Whether the user switched something on. */
export function flagOf(found: Inspected<unknown> | undefined): boolean {
    return found?.globalValue === true;
}

/** The number that the user set; undefined where it is none, or 0. */
export function numberOf(found: Inspected<unknown> | undefined): number | undefined {
    const value = found?.globalValue;
    return typeof value === "number" ? value || undefined : undefined;
}

/** The texts that the user listed; what is none is left out. */
export function listOf(found: Inspected<unknown> | undefined): string[] {
    const value = found?.globalValue;
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string" && item !== "") : [];
}

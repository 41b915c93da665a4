export function assertLauncherNode(): void;
export function findNode(root: string): string;

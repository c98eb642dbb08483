using CrunSharp.Oci;

namespace CrunSharp.Observe;

/// <summary>What the container sees at which path.</summary>
internal static class MountView
{
    private static readonly string[] s_flags = ["nosuid", "nodev", "noexec"];

    public static Section Of(ProcessFacts first, Spec spec) => new(
        "mounts", "Mounts", "Each is the container's own view; what comes from the host is said so.", ["at", "type", "access", "what it is"],
        [.. first.Mounts.Entries.Select(entry => (string[])[entry.Point, entry.Type, entry.IsReadOnly ? "ro" : "rw", Role(entry, spec)])]);

    private static string Role(MountEntry entry, Spec spec)
    {
        string flags = string.Join(' ', s_flags.Where(entry.Has));
        string role = spec.Linux.MaskedPaths.Contains(entry.Point) ? "a mask: the host's is hidden"
            : spec.Linux.ReadonlyPaths.Contains(entry.Point) ? "the kernel's, made read-only"
            : entry.Point == "/" ? "the image's layers, the container's changes on top"
            : spec.Mounts.LastOrDefault(mount => mount.Destination == entry.Point) is { Source: ['/', ..] source } ? $"the host's {source}"
            : "";
        return role.Length > 0 && flags.Length > 0 ? $"{role}; {flags}" : role + flags;
    }
}

/// <summary>The directories that the root is made of.</summary>
internal static class LayerView
{
    public static Section Of(Subject subject) => new(
        "layers", "Layers", "The root is an overlay: the topmost that has a name decides. The host can read them all.", ["layer", "on the host"],
        [["changes", $"{subject.Scratch}/upper"], .. subject.Layers.Select(static (path, index) => (string[])[$"{index + 1}", path])]);
}

namespace CrunSharp.Bundles;

/// <summary>What of /proc and /sys a container may not see, and what it may not change.</summary>
/// <remarks>Docker Engine 29's lists; where an advisory is the reason, it is named.</remarks>
internal static class SecurityDefaults
{
    public static IReadOnlyList<string> MaskedPaths { get; } =
    [
        // CVE-2018-10892: switches of the host's hardware.
        "/proc/acpi",
        "/proc/asound",

        // GHSA-6fw5-f8r9-fgfm: how often which device interrupts tells what is typed.
        "/proc/interrupts",
        "/proc/kcore",
        "/proc/keys",
        "/proc/latency_stats",
        "/proc/sched_debug",
        "/proc/scsi",
        "/proc/timer_list",
        "/proc/timer_stats",

        // GHSA-7ww5-4wqc-m92c, GHSA-jq35-85cj-fj4p: the power that a core takes tells what it computes.
        "/sys/devices/virtual/powercap",
        "/sys/firmware",
    ];

    public static IReadOnlyList<string> ReadonlyPaths { get; } = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public static IReadOnlyList<string> MaskedPathsOf(RunOptions options, BundleFacts facts)
    {
        if (options.Privileged || options.Security.UnmaskedPaths)
        {
            return options.Security.Mask;
        }

        List<string> paths = [.. MaskedPaths.Where(path => !IsUnmasked(options, path))];
        for (int cpu = 0; cpu < facts.PossibleCpus; cpu++)
        {
            string path = $"/sys/devices/system/cpu/cpu{cpu}/thermal_throttle";
            if (!IsUnmasked(options, path))
            {
                paths.Add(path);
            }
        }

        return [.. paths, .. options.Security.Mask];
    }

    public static IReadOnlyList<string> ReadonlyPathsOf(RunOptions options) =>
        options.Privileged || options.Security.UnmaskedPaths ? [] : [.. ReadonlyPaths.Where(path => !IsUnmasked(options, path))];

    private static bool IsUnmasked(RunOptions options, string path)
    {
        foreach (string pattern in options.Security.Unmask)
        {
            // 'ALL', a path, or the beginning of paths with a star after it, as podman has it.
            if (pattern.Equals("ALL", StringComparison.OrdinalIgnoreCase) || pattern == path
                || (pattern.EndsWith('*') && path.StartsWith(pattern[..^1], StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }
}

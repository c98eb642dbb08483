using CrunSharp.Oci;

namespace CrunSharp.Observe;

/// <summary>The parts of root's power that the container has, and those that it lacks.</summary>
/// <remarks>capabilities(7).</remarks>
internal static class CapabilityView
{
    private static readonly string[] s_allows =
    [
        "give files away", "read and write any file, whatever its mode", "read any file and search any directory", "change mode and times of any file",
        "keep set-ID bits when a file is changed", "signal any process", "take any group", "become any user", "hand on and drop capabilities",
        "set the attributes immutable and append-only", "bind ports below 1024", "broadcast, listen to multicast", "configure interfaces, routes, firewalls",
        "raw and packet sockets: ping, sniffing", "lock memory beyond the limit", "use anybody's shared memory and queues", "load kernel modules",
        "I/O ports, /dev/mem", "chroot", "trace and look into any process", "process accounting", "mounts, host name, namespaces, and much else",
        "reboot, load another kernel", "better priorities, real-time scheduling", "exceed limits and quotas", "set the clock", "configure terminals",
        "make device nodes", "leases on any file", "write to the audit log", "configure auditing", "give files capabilities", "override access rules of an LSM",
        "configure an LSM", "read and clear the kernel's log", "set alarms that wake the machine", "keep the machine from suspending", "read the audit log",
        "performance counters", "load BPF programs", "checkpoint and restore processes",
    ];

    public static Section Of(ProcessFacts first)
    {
        string reach = first.IsInitialUserNamespace ? "They count over the host itself." : "They count over the container's own user namespace, not over the host.";
        return new Section("capabilities", "Capabilities", $"{reach} 'may' means that a program in it can still get it; 'no' can never come back.", ["capability", "held", "allows"],
            [.. Enumerable.Range(0, Capability.Names.Count).OrderBy(number => Rank(first, number)).Select(number => (string[])[Capability.Names[number]["CAP_".Length..].ToLowerInvariant(), Held(first, number), s_allows[number]])]);
    }

    private static int Rank(ProcessFacts first, int number) => Held(first, number) switch { "yes" => 0, "may" => 1, _ => 2 };

    private static string Held(ProcessFacts first, int number) => first.Has(number) ? "yes" : (first.Bounding & (1UL << number)) != 0 ? "may" : "no";
}

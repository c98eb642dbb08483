using System.Globalization;
using CrunSharp.Linux;

namespace CrunSharp.Bench;

/// <summary>Reads what a reader of the figures has to know of the host.</summary>
internal static class HostFacts
{
    public static HostResult Read(string kvm) => new()
    {
        Kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        Processor = Field("/proc/cpuinfo", "model name", ':') ?? "unknown",
        Cores = Environment.ProcessorCount,
        MemoryMiB = long.Parse((Field("/proc/meminfo", "MemTotal", ':') ?? "0").Split(' ')[0], CultureInfo.InvariantCulture) / 1024,
        System = Field("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? "unknown",
        Cgroups = File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "version 2" : Directory.Exists("/sys/fs/cgroup/unified") ? "hybrid (version 1 controllers)" : "version 1",
        User = Processes.EffectiveUser == 0 && !Engine.UserNamespace.IsRootless ? "root" : "an ordinary user",
        Kvm = kvm,
    };

    private static string? Field(string path, string name, char separator) => File.Exists(path)
        ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(separator, 2)[^1].Trim()
        : null;
}

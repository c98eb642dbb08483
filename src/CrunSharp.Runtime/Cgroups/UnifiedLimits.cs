using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Resources as the files of cgroup version 2 take them. Makes no call.</summary>
/// <remarks>runtime-spec 1.3, config-linux.md#control-groups; kernel, admin-guide/cgroup-v2.rst.</remarks>
internal static class UnifiedLimits
{
    private const string Resources = "linux.resources";

    /// <exception cref="CrunException">Version 2 has nothing that could mean it.</exception>
    public static IEnumerable<CgroupLimit> For(LinuxResources resources)
    {
        IEnumerable<CgroupLimit> limits = [.. Memory(resources.Memory), .. Cpu(resources.Cpu), .. BlockIo(resources.BlockIo)];
        foreach (CgroupLimit limit in limits)
        {
            yield return limit;
        }

        if (resources.PidsLimit is { } pids)
        {
            yield return new CgroupLimit("pids", "pids.max", LegacyLimits.Pids(pids), $"{Resources}.pids.limit");
        }

        foreach (HugepageLimit huge in resources.HugepageLimits)
        {
            yield return new CgroupLimit("hugetlb", $"hugetlb.{huge.PageSize}.max", LegacyLimits.Text(huge.Limit), $"{Resources}.hugepageLimits");
        }

        foreach ((string device, RdmaLimit limit) in resources.Rdma)
        {
            yield return new CgroupLimit("rdma", "rdma.max", LegacyLimits.Rdma(device, limit), $"{Resources}.rdma");
        }

        foreach ((string file, string value) in resources.Unified)
        {
            string origin = $"{Resources}.unified";

            // A name of a file here; with a slash it could be one of another cgroup.
            if (file.Contains('/') || !file.Contains('.'))
            {
                throw new CrunException($"cannot apply {origin} of config.json", $"'{file}' is not a file of a cgroup");
            }

            yield return new CgroupLimit(file[..file.IndexOf('.')], file, value, $"{origin}[{file}]");
        }
    }

    /// <summary>Shares 2 to 262144 of version 1 as a weight 1 to 10000, such that 1024 becomes the default, 100.</summary>
    /// <remarks>The quadratic conversion that systemd's documentation and Kubernetes agreed on in 2025.</remarks>
    internal static ulong Weight(ulong shares)
    {
        if (shares <= 2)
        {
            return 1;
        }

        if (shares >= 262144)
        {
            return 10000;
        }

        double log = Math.Log2(shares);
        return (ulong)Math.Ceiling(Math.Pow(10, (((log * log) + (125 * log)) / 612.0) - (7.0 / 34.0)));
    }

    private static IEnumerable<CgroupLimit> Memory(MemoryLimits? memory)
    {
        if (memory is null)
        {
            yield break;
        }

        string origin = $"{Resources}.memory";
        if (Swap(memory) is { } swap)
        {
            yield return new CgroupLimit("memory", "memory.swap.max", swap, $"{origin}.swap");
        }

        if (memory.Limit is { } limit && limit != 0)
        {
            yield return new CgroupLimit("memory", "memory.max", Maximum(limit), $"{origin}.limit");
        }

        if (memory.Reservation is { } reservation && reservation != 0)
        {
            yield return new CgroupLimit("memory", "memory.low", Maximum(reservation), $"{origin}.reservation");
        }
    }

    /// <summary>Version 1 counts memory and swap together, version 2 swap alone.</summary>
    private static string? Swap(MemoryLimits memory)
    {
        if (memory.Swap is not { } sum || sum == 0)
        {
            return memory.Limit == -1 ? "max" : null;
        }

        if (sum < 0)
        {
            return "max";
        }

        if (memory.Limit is not { } limit || limit <= 0)
        {
            throw new CrunException("cannot limit swap", "linux.resources.memory.swap counts memory too, so it needs a memory limit");
        }

        return sum >= limit
            ? LegacyLimits.Text(sum - limit)
            : throw new CrunException("cannot limit swap", "linux.resources.memory.swap counts memory too, so it may not be below the memory limit");
    }

    private static IEnumerable<CgroupLimit> Cpu(CpuLimits? cpu)
    {
        if (cpu is null)
        {
            yield break;
        }

        string origin = $"{Resources}.cpu";
        if (cpu.Idle is { } idle)
        {
            yield return new CgroupLimit("cpu", "cpu.idle", LegacyLimits.Text(idle), $"{origin}.idle");
        }

        // An idle group has no weight to set.
        if (cpu.Shares is { } shares && shares != 0 && cpu.Idle is null or 0)
        {
            yield return new CgroupLimit("cpu", "cpu.weight", LegacyLimits.Text(Weight(shares)), $"{origin}.shares");
        }

        if (cpu.Quota is { } quota && quota != 0 || cpu.Period is { } period && period != 0)
        {
            string most = cpu.Quota is > 0 ? LegacyLimits.Text(cpu.Quota.Value) : "max";
            yield return new CgroupLimit("cpu", "cpu.max", $"{most} {(cpu.Period is > 0 ? cpu.Period.Value : 100000)}", $"{origin}.quota");
        }

        if (cpu.Burst is { } burst)
        {
            yield return new CgroupLimit("cpu", "cpu.max.burst", LegacyLimits.Text(burst), $"{origin}.burst");
        }

        if (cpu.RealtimeRuntime is { } runtime && runtime != 0)
        {
            throw new CrunException($"cannot apply {origin}.realtimeRuntime of config.json", "cgroup version 2 has no such limit");
        }

        if (cpu.Cpus is { Length: > 0 } cpus)
        {
            yield return new CgroupLimit("cpuset", "cpuset.cpus", cpus, $"{origin}.cpus");
        }

        if (cpu.Mems is { Length: > 0 } nodes)
        {
            yield return new CgroupLimit("cpuset", "cpuset.mems", nodes, $"{origin}.mems");
        }
    }

    private static IEnumerable<CgroupLimit> BlockIo(BlockIoLimits? io)
    {
        if (io is null)
        {
            yield break;
        }

        string origin = $"{Resources}.blockIO";
        if (io.Weight is { } weight && weight != 0)
        {
            // io.weight counts from 1 to 10000, what it is derived from, and bfq, from 10 to 1000.
            ulong scaled = 1 + ((weight - 10ul) * 9999 / 990);
            yield return new CgroupLimit("io", "io.bfq.weight", LegacyLimits.Text((long)weight), $"{origin}.weight", "io.weight", LegacyLimits.Text(scaled));
        }

        foreach (WeightDevice device in io.WeightDevice)
        {
            yield return new CgroupLimit("io", "io.bfq.weight", $"{device.Major}:{device.Minor} {device.Weight ?? 0}", $"{origin}.weightDevice");
        }

        foreach ((IReadOnlyList<ThrottleDevice> devices, string key, string name) in new[]
        {
            (io.ThrottleReadBpsDevice, "rbps", "throttleReadBpsDevice"),
            (io.ThrottleWriteBpsDevice, "wbps", "throttleWriteBpsDevice"),
            (io.ThrottleReadIopsDevice, "riops", "throttleReadIOPSDevice"),
            (io.ThrottleWriteIopsDevice, "wiops", "throttleWriteIOPSDevice"),
        })
        {
            foreach (ThrottleDevice device in devices)
            {
                yield return new CgroupLimit("io", "io.max", $"{device.Major}:{device.Minor} {key}={device.Rate}", $"{origin}.{name}");
            }
        }
    }

    private static string Maximum(long value) => value < 0 ? "max" : LegacyLimits.Text(value);
}

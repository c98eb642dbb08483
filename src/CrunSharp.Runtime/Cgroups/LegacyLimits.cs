using System.Globalization;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Resources as the files of cgroup version 1 take them. Makes no call.</summary>
/// <remarks>runtime-spec 1.3, config-linux.md#control-groups.</remarks>
internal static class LegacyLimits
{
    private const string Resources = "linux.resources";

    public static IEnumerable<CgroupLimit> For(LinuxResources resources)
    {
        IEnumerable<CgroupLimit> limits = [.. Memory(resources.Memory), .. Cpu(resources.Cpu), .. BlockIo(resources.BlockIo), .. Network(resources.Network)];
        foreach (CgroupLimit limit in limits)
        {
            yield return limit;
        }

        if (resources.PidsLimit is { } pids)
        {
            yield return new CgroupLimit("pids", "pids.max", Pids(pids), $"{Resources}.pids.limit");
        }

        foreach (HugepageLimit huge in resources.HugepageLimits)
        {
            string origin = $"{Resources}.hugepageLimits";
            yield return new CgroupLimit("hugetlb", $"hugetlb.{huge.PageSize}.limit_in_bytes", Text(huge.Limit), origin);
        }

        foreach ((string device, RdmaLimit limit) in resources.Rdma)
        {
            yield return new CgroupLimit("rdma", "rdma.max", Rdma(device, limit), $"{Resources}.rdma");
        }
    }

    /// <summary>0 would forbid the container its own first process; negative is none.</summary>
    internal static string Pids(long limit) => limit < 0 ? "max" : Text(Math.Max(limit, 1));

    internal static string Rdma(string device, RdmaLimit limit) =>
        $"{device}{(limit.HcaHandles is { } handles ? $" hca_handle={handles}" : "")}{(limit.HcaObjects is { } objects ? $" hca_object={objects}" : "")}";

    internal static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    internal static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<CgroupLimit> Memory(MemoryLimits? memory)
    {
        if (memory is null)
        {
            yield break;
        }

        string origin = $"{Resources}.memory";

        // The sum with swap may not be below the memory's own limit: that one first.
        if (memory.Limit is { } limit && limit != 0)
        {
            yield return new CgroupLimit("memory", "memory.limit_in_bytes", Text(limit), $"{origin}.limit");
        }

        // Memory without a limit and swap without one say the same.
        long? swap = memory.Swap is null or 0 && memory.Limit == -1 ? -1 : memory.Swap;
        if (swap is { } sum && sum != 0)
        {
            yield return new CgroupLimit("memory", "memory.memsw.limit_in_bytes", Text(sum), $"{origin}.swap");
        }

        if (memory.Reservation is { } reservation && reservation != 0)
        {
            yield return new CgroupLimit("memory", "memory.soft_limit_in_bytes", Text(reservation), $"{origin}.reservation");
        }

        if (memory.KernelTcp is { } tcp && tcp != 0)
        {
            yield return new CgroupLimit("memory", "memory.kmem.tcp.limit_in_bytes", Text(tcp), $"{origin}.kernelTCP");
        }

        if (memory.Swappiness is { } swappiness)
        {
            yield return new CgroupLimit("memory", "memory.swappiness", Text(swappiness), $"{origin}.swappiness");
        }

        if (memory.DisableOomKiller == true)
        {
            yield return new CgroupLimit("memory", "memory.oom_control", "1", $"{origin}.disableOOMKiller");
        }
    }

    private static IEnumerable<CgroupLimit> Cpu(CpuLimits? cpu)
    {
        if (cpu is null)
        {
            yield break;
        }

        string origin = $"{Resources}.cpu";
        if (cpu.Shares is { } shares && shares != 0)
        {
            yield return new CgroupLimit("cpu", "cpu.shares", Text(shares), $"{origin}.shares");
        }

        if (cpu.Period is { } period && period != 0)
        {
            yield return new CgroupLimit("cpu", "cpu.cfs_period_us", Text(period), $"{origin}.period");
        }

        if (cpu.Quota is { } quota && quota != 0)
        {
            yield return new CgroupLimit("cpu", "cpu.cfs_quota_us", Text(quota), $"{origin}.quota");
        }

        if (cpu.Burst is { } burst)
        {
            yield return new CgroupLimit("cpu", "cpu.cfs_burst_us", Text(burst), $"{origin}.burst");
        }

        if (cpu.RealtimePeriod is { } realtimePeriod && realtimePeriod != 0)
        {
            yield return new CgroupLimit("cpu", "cpu.rt_period_us", Text(realtimePeriod), $"{origin}.realtimePeriod");
        }

        if (cpu.RealtimeRuntime is { } runtime && runtime != 0)
        {
            yield return new CgroupLimit("cpu", "cpu.rt_runtime_us", Text(runtime), $"{origin}.realtimeRuntime");
        }

        if (cpu.Idle is { } idle)
        {
            yield return new CgroupLimit("cpu", "cpu.idle", Text(idle), $"{origin}.idle");
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
            yield return new CgroupLimit("blkio", "blkio.weight", Text((long)weight), $"{origin}.weight", "blkio.bfq.weight");
        }

        if (io.LeafWeight is { } leaf && leaf != 0)
        {
            yield return new CgroupLimit("blkio", "blkio.leaf_weight", Text((long)leaf), $"{origin}.leafWeight");
        }

        foreach (WeightDevice device in io.WeightDevice)
        {
            yield return new CgroupLimit(
                "blkio", "blkio.weight_device", $"{device.Major}:{device.Minor} {device.Weight ?? 0}", $"{origin}.weightDevice", "blkio.bfq.weight_device");
            if (device.LeafWeight is { } leafWeight)
            {
                yield return new CgroupLimit("blkio", "blkio.leaf_weight_device", $"{device.Major}:{device.Minor} {leafWeight}", $"{origin}.weightDevice");
            }
        }

        foreach ((IReadOnlyList<ThrottleDevice> devices, string file, string name) in new[]
        {
            (io.ThrottleReadBpsDevice, "blkio.throttle.read_bps_device", "throttleReadBpsDevice"),
            (io.ThrottleWriteBpsDevice, "blkio.throttle.write_bps_device", "throttleWriteBpsDevice"),
            (io.ThrottleReadIopsDevice, "blkio.throttle.read_iops_device", "throttleReadIOPSDevice"),
            (io.ThrottleWriteIopsDevice, "blkio.throttle.write_iops_device", "throttleWriteIOPSDevice"),
        })
        {
            foreach (ThrottleDevice device in devices)
            {
                yield return new CgroupLimit("blkio", file, $"{device.Major}:{device.Minor} {device.Rate}", $"{origin}.{name}");
            }
        }
    }

    private static IEnumerable<CgroupLimit> Network(NetworkLimits? network)
    {
        if (network is null)
        {
            yield break;
        }

        if (network.ClassId is { } id && id != 0)
        {
            yield return new CgroupLimit("net_cls", "net_cls.classid", Text((long)id), $"{Resources}.network.classID");
        }

        foreach (InterfacePriority priority in network.Priorities)
        {
            yield return new CgroupLimit("net_prio", "net_prio.ifpriomap", $"{priority.Name} {priority.Priority}", $"{Resources}.network.priorities");
        }
    }
}

using System.Globalization;
using CrunSharp.Oci;

namespace CrunSharp.Bundles;

/// <summary>The limits of the container's cgroup, and the devices that it lets through.</summary>
internal static class ResourceChoice
{
    private const long LeastMemory = 6 << 20;
    private const ulong Period = 100_000;

    // Everything is refused, then these are not: zero, null, urandom, random, tty, console; and fuse is again.
    private static readonly DeviceRule[] s_rules =
    [
        new(false),
        new(true, 'c', 1, 5), new(true, 'c', 1, 3), new(true, 'c', 1, 9), new(true, 'c', 1, 8), new(true, 'c', 5, 0), new(true, 'c', 5, 1),
        new(false, 'c', 10, 229),
    ];

    public static LinuxResources Of(RunOptions options, BundleFacts facts)
    {
        ResourceOptions wanted = options.Resources;
        if (!facts.Cgroups)
        {
            return wanted == ResourceOptions.None
                ? LinuxResources.None
                : throw new CrunException("cannot limit the container", "this user may make no cgroups on this host")
                {
                    Hints = ["crun-sharp doctor tells what is missing"],
                };
        }

        return new LinuxResources
        {
            Devices = RulesOf(options),
            Memory = MemoryOf(wanted),
            Cpu = CpuOf(wanted),
            PidsLimit = wanted.PidsLimit is 0 or -1 ? -1 : wanted.PidsLimit,
            BlockIo = wanted.BlockIoWeight is { } weight ? new BlockIoLimits { Weight = weight } : null,
        };
    }

    private static List<DeviceRule> RulesOf(RunOptions options)
    {
        if (options.Privileged)
        {
            return [new DeviceRule(true)];
        }

        List<DeviceRule> rules = [.. s_rules];
        rules.AddRange(options.Devices.Select(static device => new DeviceRule(true, device.Type, device.Major, device.Minor, device.Permissions)));
        rules.AddRange(options.DeviceCgroupRules.Select(ParseRule));
        return rules;
    }

    /// <summary><c>c 42:* rwm</c>.</summary>
    internal static DeviceRule ParseRule(string text)
    {
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts is ["a" or "b" or "c", string numbers, { Length: > 0 } access]
            && !access.AsSpan().ContainsAnyExcept("rwm")
            && numbers.Split(':') is [string major, string minor]
            && TryNumber(major, out long? first) && TryNumber(minor, out long? second))
        {
            return new DeviceRule(true, parts[0][0], first, second, access);
        }

        throw new CrunException($"cannot use --device-cgroup-rule '{text}'", "it is not such as 'c 42:* rwm'");
    }

    private static bool TryNumber(string text, out long? number)
    {
        number = null;
        if (text == "*")
        {
            return true;
        }

        bool isNumber = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value);
        number = value;
        return isNumber;
    }

    private static MemoryLimits? MemoryOf(ResourceOptions wanted)
    {
        if (wanted.Memory is > 0 and < LeastMemory)
        {
            throw new CrunException($"cannot limit memory to {wanted.Memory} bytes", "the least that a container can live with is 6 MiB");
        }

        long? limit = wanted.Memory is > 0 ? wanted.Memory : null;
        if (wanted.MemorySwap is > 0 && (limit is null || wanted.MemorySwap < limit))
        {
            throw new CrunException("cannot use --memory-swap", "it counts memory and swap together, so it needs --memory and may not be below it");
        }

        if (limit is null && wanted is { MemoryReservation: null, MemorySwappiness: null, OomKillDisable: false })
        {
            return null;
        }

        return new MemoryLimits
        {
            Limit = limit,
            Reservation = wanted.MemoryReservation,

            // As much swap again as there is memory, where nothing is said: docker's default.
            Swap = limit is null ? null : wanted.MemorySwap is null or 0 ? limit > long.MaxValue / 2 ? -1 : limit * 2 : wanted.MemorySwap,
            Swappiness = (ulong?)wanted.MemorySwappiness,
            DisableOomKiller = wanted.OomKillDisable ? true : null,
        };
    }

    private static CpuLimits? CpuOf(ResourceOptions wanted)
    {
        if (wanted is { NanoCpus: not null } and ({ CpuPeriod: not null } or { CpuQuota: not null }))
        {
            throw new CrunException("cannot use --cpus", "--cpu-period and --cpu-quota say the same in other words");
        }

        bool any = wanted is not { NanoCpus: null, CpuShares: null, CpuPeriod: null, CpuQuota: null, CpusetCpus: null, CpusetMems: null };
        return !any ? null : new CpuLimits
        {
            Shares = wanted.CpuShares is 0 ? null : wanted.CpuShares,
            Period = wanted.NanoCpus is > 0 ? Period : wanted.CpuPeriod,
            Quota = wanted.NanoCpus is > 0 and long nano ? (long)(nano * (decimal)Period / 1_000_000_000) : wanted.CpuQuota,
            Cpus = wanted.CpusetCpus,
            Mems = wanted.CpusetMems,
        };
    }
}

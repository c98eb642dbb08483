namespace CrunSharp.Oci;

public static partial class SpecReader
{
    private static LinuxResources ReadResources(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            return LinuxResources.None;
        }

        LinuxResources resources = LinuxResources.None;
        while (cursor.NextField())
        {
            if (cursor.Is("devices"u8))
            {
                resources = resources with { Devices = cursor.NextList(ReadDeviceRule) };
            }
            else if (cursor.Is("memory"u8))
            {
                resources = resources with { Memory = ReadMemory(ref cursor) };
            }
            else if (cursor.Is("cpu"u8))
            {
                resources = resources with { Cpu = ReadCpu(ref cursor) };
            }
            else if (cursor.Is("pids"u8))
            {
                resources = resources with { PidsLimit = ReadPidsLimit(ref cursor) };
            }
            else if (cursor.Is("blockIO"u8))
            {
                resources = resources with { BlockIo = ReadBlockIo(ref cursor) };
            }
            else if (cursor.Is("hugepageLimits"u8))
            {
                resources = resources with { HugepageLimits = cursor.NextList(ReadHugepageLimit) };
            }
            else if (cursor.Is("network"u8))
            {
                resources = resources with { Network = ReadNetwork(ref cursor) };
            }
            else if (cursor.Is("rdma"u8))
            {
                resources = resources with { Rdma = cursor.NextDictionary(ReadRdmaLimit) };
            }
            else if (cursor.Is("unified"u8))
            {
                resources = resources with { Unified = cursor.NextWords() };
            }
            else
            {
                cursor.Skip();
            }
        }

        return resources;
    }

    private static DeviceRule ReadDeviceRule(ref JsonCursor cursor)
    {
        bool allow = false;
        char type = 'a';
        long? major = null, minor = null;
        string? access = null;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("allow"u8))
            {
                allow = cursor.NextFlag() ?? false;
            }
            else if (cursor.Is("type"u8))
            {
                string text = cursor.NextText() ?? "";
                type = text switch
                {
                    "" => 'a',
                    "a" or "b" or "c" => text[0],
                    _ => throw cursor.Wrong($"is '{text}', which is none of a, b and c"),
                };
            }
            else if (cursor.Is("major"u8))
            {
                major = cursor.NextInt64();
            }
            else if (cursor.Is("minor"u8))
            {
                minor = cursor.NextInt64();
            }
            else if (cursor.Is("access"u8))
            {
                access = cursor.NextText();
                if (access.AsSpan().ContainsAnyExcept("rwm"))
                {
                    throw cursor.Wrong($"is '{access}', which is not made of r, w and m");
                }
            }
            else
            {
                cursor.Skip();
            }
        }

        // Callers write -1 for all; absent says the same.
        return new DeviceRule(allow, type, major is -1 ? null : major, minor is -1 ? null : minor, access is { Length: > 0 } ? access : "rwm");
    }

    private static MemoryLimits? ReadMemory(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            return null;
        }

        MemoryLimits memory = new();
        while (cursor.NextField())
        {
            if (cursor.Is("limit"u8))
            {
                memory = memory with { Limit = cursor.NextInt64() };
            }
            else if (cursor.Is("reservation"u8))
            {
                memory = memory with { Reservation = cursor.NextInt64() };
            }
            else if (cursor.Is("swap"u8))
            {
                memory = memory with { Swap = cursor.NextInt64() };
            }
            else if (cursor.Is("kernel"u8))
            {
                memory = memory with { Kernel = cursor.NextInt64() };
            }
            else if (cursor.Is("kernelTCP"u8))
            {
                memory = memory with { KernelTcp = cursor.NextInt64() };
            }
            else if (cursor.Is("swappiness"u8))
            {
                memory = memory with { Swappiness = cursor.NextUInt64() };
            }
            else if (cursor.Is("disableOOMKiller"u8))
            {
                memory = memory with { DisableOomKiller = cursor.NextFlag() };
            }
            else if (cursor.Is("useHierarchy"u8))
            {
                memory = memory with { UseHierarchy = cursor.NextFlag() };
            }
            else if (cursor.Is("checkBeforeUpdate"u8))
            {
                memory = memory with { CheckBeforeUpdate = cursor.NextFlag() };
            }
            else
            {
                cursor.Skip();
            }
        }

        return memory;
    }

    private static CpuLimits? ReadCpu(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            return null;
        }

        CpuLimits cpu = new();
        while (cursor.NextField())
        {
            if (cursor.Is("shares"u8))
            {
                cpu = cpu with { Shares = cursor.NextUInt64() };
            }
            else if (cursor.Is("quota"u8))
            {
                cpu = cpu with { Quota = cursor.NextInt64() };
            }
            else if (cursor.Is("burst"u8))
            {
                cpu = cpu with { Burst = cursor.NextUInt64() };
            }
            else if (cursor.Is("period"u8))
            {
                cpu = cpu with { Period = cursor.NextUInt64() };
            }
            else if (cursor.Is("realtimeRuntime"u8))
            {
                cpu = cpu with { RealtimeRuntime = cursor.NextInt64() };
            }
            else if (cursor.Is("realtimePeriod"u8))
            {
                cpu = cpu with { RealtimePeriod = cursor.NextUInt64() };
            }
            else if (cursor.Is("cpus"u8))
            {
                cpu = cpu with { Cpus = cursor.NextText() };
            }
            else if (cursor.Is("mems"u8))
            {
                cpu = cpu with { Mems = cursor.NextText() };
            }
            else if (cursor.Is("idle"u8))
            {
                cpu = cpu with { Idle = cursor.NextInt64() };
            }
            else
            {
                cursor.Skip();
            }
        }

        return cpu;
    }

    private static long? ReadPidsLimit(ref JsonCursor cursor)
    {
        long? limit = null;
        if (cursor.NextObject())
        {
            while (cursor.NextField())
            {
                if (cursor.Is("limit"u8))
                {
                    limit = cursor.NextInt64();
                }
                else
                {
                    cursor.Skip();
                }
            }
        }

        return limit;
    }
}

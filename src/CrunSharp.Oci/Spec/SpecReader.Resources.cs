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

    private static HugepageLimit ReadHugepageLimit(ref JsonCursor cursor)
    {
        string? size = null;
        ulong limit = 0;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("pageSize"u8))
            {
                size = cursor.NextText();
            }
            else if (cursor.Is("limit"u8))
            {
                limit = cursor.NextUInt64() ?? 0;
            }
            else
            {
                cursor.Skip();
            }
        }

        return new HugepageLimit(size ?? throw cursor.Wrong("has no pageSize"), limit);
    }

    private static RdmaLimit ReadRdmaLimit(ref JsonCursor cursor)
    {
        uint? handles = null, objects = null;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("hcaHandles"u8))
            {
                handles = cursor.NextUInt32();
            }
            else if (cursor.Is("hcaObjects"u8))
            {
                objects = cursor.NextUInt32();
            }
            else
            {
                cursor.Skip();
            }
        }

        return new RdmaLimit(handles, objects);
    }

    private static NetworkLimits? ReadNetwork(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            return null;
        }

        NetworkLimits network = new();
        while (cursor.NextField())
        {
            if (cursor.Is("classID"u8))
            {
                network = network with { ClassId = cursor.NextUInt32() };
            }
            else if (cursor.Is("priorities"u8))
            {
                network = network with { Priorities = cursor.NextList(ReadPriority) };
            }
            else
            {
                cursor.Skip();
            }
        }

        return network;
    }

    private static InterfacePriority ReadPriority(ref JsonCursor cursor)
    {
        string? name = null;
        uint priority = 0;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("name"u8))
            {
                name = cursor.NextText();
            }
            else if (cursor.Is("priority"u8))
            {
                priority = cursor.NextUInt32() ?? 0;
            }
            else
            {
                cursor.Skip();
            }
        }

        return new InterfacePriority(name ?? throw cursor.Wrong("has no name"), priority);
    }

    private static BlockIoLimits? ReadBlockIo(ref JsonCursor cursor)
    {
        if (!cursor.NextObject())
        {
            return null;
        }

        BlockIoLimits limits = new();
        while (cursor.NextField())
        {
            if (cursor.Is("weight"u8))
            {
                limits = limits with { Weight = cursor.NextUInt16() };
            }
            else if (cursor.Is("leafWeight"u8))
            {
                limits = limits with { LeafWeight = cursor.NextUInt16() };
            }
            else if (cursor.Is("weightDevice"u8))
            {
                limits = limits with { WeightDevice = cursor.NextList(ReadWeightDevice) };
            }
            else if (cursor.Is("throttleReadBpsDevice"u8))
            {
                limits = limits with { ThrottleReadBpsDevice = cursor.NextList(ReadThrottleDevice) };
            }
            else if (cursor.Is("throttleWriteBpsDevice"u8))
            {
                limits = limits with { ThrottleWriteBpsDevice = cursor.NextList(ReadThrottleDevice) };
            }
            else if (cursor.Is("throttleReadIOPSDevice"u8))
            {
                limits = limits with { ThrottleReadIopsDevice = cursor.NextList(ReadThrottleDevice) };
            }
            else if (cursor.Is("throttleWriteIOPSDevice"u8))
            {
                limits = limits with { ThrottleWriteIopsDevice = cursor.NextList(ReadThrottleDevice) };
            }
            else
            {
                cursor.Skip();
            }
        }

        return limits;
    }

    private static WeightDevice ReadWeightDevice(ref JsonCursor cursor)
    {
        long major = 0, minor = 0;
        ushort? weight = null, leafWeight = null;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("major"u8))
            {
                major = cursor.NextInt64() ?? 0;
            }
            else if (cursor.Is("minor"u8))
            {
                minor = cursor.NextInt64() ?? 0;
            }
            else if (cursor.Is("weight"u8))
            {
                weight = cursor.NextUInt16();
            }
            else if (cursor.Is("leafWeight"u8))
            {
                leafWeight = cursor.NextUInt16();
            }
            else
            {
                cursor.Skip();
            }
        }

        return new WeightDevice(major, minor, weight, leafWeight);
    }

    private static ThrottleDevice ReadThrottleDevice(ref JsonCursor cursor)
    {
        long major = 0, minor = 0;
        ulong rate = 0;
        Enter(ref cursor);
        while (cursor.NextField())
        {
            if (cursor.Is("major"u8))
            {
                major = cursor.NextInt64() ?? 0;
            }
            else if (cursor.Is("minor"u8))
            {
                minor = cursor.NextInt64() ?? 0;
            }
            else if (cursor.Is("rate"u8))
            {
                rate = cursor.NextUInt64() ?? 0;
            }
            else
            {
                cursor.Skip();
            }
        }

        return new ThrottleDevice(major, minor, rate);
    }
}

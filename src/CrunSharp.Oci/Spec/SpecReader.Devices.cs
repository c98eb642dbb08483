namespace CrunSharp.Oci;

public static partial class SpecReader
{
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

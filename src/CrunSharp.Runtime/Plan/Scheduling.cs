using System.Buffers.Binary;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>How the kernel is to share itself out: scheduler, I/O priority, CPUs, memory, execution domain.</summary>
/// <remarks>sched_setattr(2), ioprio_set(2), set_mempolicy(2), personality(2).</remarks>
internal static class Scheduling
{
    private const int AttributesSize = 48;

    private static readonly string[] s_policies =
        ["SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE"];

    private static readonly string[] s_memoryModes =
    [
        "MPOL_DEFAULT", "MPOL_PREFERRED", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE",
    ];

    private static readonly (string Name, ulong Value)[] s_flags =
    [
        ("SCHED_FLAG_RESET_ON_FORK", 0x01), ("SCHED_FLAG_RECLAIM", 0x02), ("SCHED_FLAG_DL_OVERRUN", 0x04),
        ("SCHED_FLAG_KEEP_POLICY", 0x08), ("SCHED_FLAG_KEEP_PARAMS", 0x10), ("SCHED_FLAG_UTIL_CLAMP_MIN", 0x20),
        ("SCHED_FLAG_UTIL_CLAMP_MAX", 0x40),
    ];

    public static void AddSteps(PlanBuilder plan, Process process, ReadOnlyMemory<byte> memoryPolicy)
    {
        if (!memoryPolicy.IsEmpty)
        {
            plan.Add(JsonCursor.Read("linux.memoryPolicy", memoryPolicy.Span, ReadMemoryPolicy) with { Origin = "linux.memoryPolicy of config.json" });
        }

        if (!process.Scheduler.IsEmpty)
        {
            plan.Add(new SetScheduler(JsonCursor.Read("process.scheduler", process.Scheduler.Span, ReadScheduler))
            {
                Origin = "process.scheduler of config.json",
            });
        }

        if (!process.IoPriority.IsEmpty)
        {
            plan.Add(new SetIoPriority(JsonCursor.Read("process.ioPriority", process.IoPriority.Span, ReadIoPriority))
            {
                Origin = "process.ioPriority of config.json",
            });
        }
    }

    public static uint PersonaOf(Personality personality)
    {
        if (personality.Flags.Count > 0)
        {
            throw new CrunException("cannot set the personality", "'linux.personality.flags' of config.json is not supported");
        }

        return personality.Domain switch
        {
            "LINUX" => 0,
            "LINUX32" => 8,
            string other => throw new CrunException("cannot set the personality", $"'{other}' is neither LINUX nor LINUX32"),
        };
    }

    /// <summary>The numbers of <c>0-3,7</c> as bits: CPUs, or nodes of memory.</summary>
    public static IReadOnlyList<ulong> MaskOf(string list)
    {
        List<ulong> mask = [];
        foreach (string part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !ushort.TryParse(ends[0], out ushort first) || !ushort.TryParse(ends[^1], out ushort last) || last < first)
            {
                throw new CrunException($"cannot use the list '{list}'", "it is not such as 0-3,7");
            }

            for (int number = first; number <= last; number++)
            {
                while (mask.Count <= number / 64)
                {
                    mask.Add(0);
                }

                mask[number / 64] |= 1UL << (number % 64);
            }
        }

        return mask;
    }

    /// <summary><c>initial</c> and <c>final</c> of execCPUAffinity.</summary>
    public static (string? Initial, string? Final) ReadAffinity(ref JsonCursor cursor)
    {
        (string? Initial, string? Final) affinity = default;
        if (cursor.NextObject())
        {
            while (cursor.NextField())
            {
                if (cursor.Is("initial"u8))
                {
                    affinity.Initial = cursor.NextText();
                }
                else if (cursor.Is("final"u8))
                {
                    affinity.Final = cursor.NextText();
                }
                else
                {
                    cursor.Skip();
                }
            }
        }

        return affinity;
    }

    private static ReadOnlyMemory<byte> ReadScheduler(ref JsonCursor cursor)
    {
        byte[] attributes = new byte[AttributesSize];
        BinaryPrimitives.WriteUInt32LittleEndian(attributes, AttributesSize);
        if (!cursor.NextObject())
        {
            throw cursor.Wrong("is not an object");
        }

        while (cursor.NextField())
        {
            if (cursor.Is("policy"u8))
            {
                string? name = cursor.NextText();
                int policy = Array.IndexOf(s_policies, name);
                BinaryPrimitives.WriteInt32LittleEndian(attributes.AsSpan(4), policy >= 0 ? policy : throw cursor.Wrong($"is '{name}', which is no policy"));
            }
            else if (cursor.Is("flags"u8))
            {
                ulong flags = 0;
                foreach (string name in cursor.NextTexts())
                {
                    int index = Array.FindIndex(s_flags, flag => flag.Name == name);
                    flags |= index >= 0 ? s_flags[index].Value : throw cursor.Wrong($"has '{name}', which is no flag");
                }

                BinaryPrimitives.WriteUInt64LittleEndian(attributes.AsSpan(8), flags);
            }
            else if (cursor.Is("nice"u8))
            {
                BinaryPrimitives.WriteInt32LittleEndian(attributes.AsSpan(16), cursor.NextInt32() ?? 0);
            }
            else if (cursor.Is("priority"u8))
            {
                BinaryPrimitives.WriteInt32LittleEndian(attributes.AsSpan(20), cursor.NextInt32() ?? 0);
            }
            else if (cursor.Is("runtime"u8))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(attributes.AsSpan(24), cursor.NextUInt64() ?? 0);
            }
            else if (cursor.Is("deadline"u8))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(attributes.AsSpan(32), cursor.NextUInt64() ?? 0);
            }
            else if (cursor.Is("period"u8))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(attributes.AsSpan(40), cursor.NextUInt64() ?? 0);
            }
            else
            {
                cursor.Skip();
            }
        }

        return attributes;
    }

    private static SetMemoryPolicy ReadMemoryPolicy(ref JsonCursor cursor)
    {
        int mode = -1;
        uint flags = 0;
        IReadOnlyList<ulong> nodes = [];
        if (cursor.NextObject())
        {
            while (cursor.NextField())
            {
                if (cursor.Is("mode"u8))
                {
                    string? name = cursor.NextText();
                    mode = Array.IndexOf(s_memoryModes, name) is >= 0 and int found ? found : throw cursor.Wrong($"is '{name}', which is no policy");
                }
                else if (cursor.Is("nodes"u8))
                {
                    nodes = MaskOf(cursor.NextText() ?? "");
                }
                else if (cursor.Is("flags"u8))
                {
                    foreach (string name in cursor.NextTexts())
                    {
                        flags |= name switch
                        {
                            "MPOL_F_NUMA_BALANCING" => 1u << 13,
                            "MPOL_F_RELATIVE_NODES" => 1u << 14,
                            "MPOL_F_STATIC_NODES" => 1u << 15,
                            _ => throw cursor.Wrong($"has '{name}', which is no flag"),
                        };
                    }
                }
                else
                {
                    cursor.Skip();
                }
            }
        }

        return mode >= 0 ? new SetMemoryPolicy((uint)mode | flags, nodes) : throw cursor.Wrong("has no mode");
    }

    private static uint ReadIoPriority(ref JsonCursor cursor)
    {
        uint group = 0, priority = 0;
        if (cursor.NextObject())
        {
            while (cursor.NextField())
            {
                if (cursor.Is("class"u8))
                {
                    string? name = cursor.NextText();
                    group = name switch
                    {
                        "IOPRIO_CLASS_RT" => 1,
                        "IOPRIO_CLASS_BE" => 2,
                        "IOPRIO_CLASS_IDLE" => 3,
                        _ => throw cursor.Wrong($"is '{name}', which is no class of I/O priority"),
                    };
                }
                else if (cursor.Is("priority"u8))
                {
                    priority = cursor.NextUInt32() is { } value and <= 7 ? value : throw cursor.Wrong("is not from 0 to 7");
                }
                else
                {
                    cursor.Skip();
                }
            }
        }

        return (group << 13) | priority;
    }
}

using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>One property of a unit, with its type.</summary>
internal sealed record SystemdProperty(string Name, string Signature, object Value)
{
    private const ulong Infinity = ulong.MaxValue;
    private const ulong MicrosecondsOfASecond = 1_000_000;
    private const string AnnotationPrefix = "org.systemd.property.";

    /// <summary>Of a scope for one container: its processes and all below them are the container's own business.</summary>
    public static IEnumerable<SystemdProperty> OfScope(string slice, int pid, string description) =>
    [
        new("Description", "s", description),
        new("Slice", "s", slice),
        new("PIDs", "au", new[] { (uint)pid }),
        new("DefaultDependencies", "b", false),
        new("Delegate", "b", true),
        new("MemoryAccounting", "b", true),
        new("CPUAccounting", "b", true),
        new("IOAccounting", "b", true),
        new("TasksAccounting", "b", true),

        // Nobody would reset it: a scope that failed (by the OOM killer, say) goes like any other.
        new("CollectMode", "s", "inactive-or-failed"),
    ];

    /// <summary>The limits that systemd has words for; whatever else is asked for is written into the cgroup's files.</summary>
    /// <remarks>systemd.resource-control(5). What systemd is not told it would undo when it is reloaded.</remarks>
    public static IEnumerable<SystemdProperty> Of(LinuxResources resources)
    {
        foreach (CgroupLimit limit in UnifiedLimits.For(resources))
        {
            switch (limit.File)
            {
                case "memory.max": yield return Number("MemoryMax", limit.Value); break;
                case "memory.low": yield return Number("MemoryLow", limit.Value); break;
                case "memory.swap.max": yield return Number("MemorySwapMax", limit.Value); break;
                case "pids.max": yield return Number("TasksMax", limit.Value); break;
                case "cpu.weight": yield return Number("CPUWeight", limit.Value); break;
                case "cpu.max":
                    foreach (SystemdProperty property in Quota(limit.Value))
                    {
                        yield return property;
                    }

                    break;
                case "cpuset.cpus": yield return new("AllowedCPUs", "ay", Mask(limit.Value)); break;
                case "cpuset.mems": yield return new("AllowedMemoryNodes", "ay", Mask(limit.Value)); break;
                case "io.bfq.weight": yield return Number("IOWeight", limit.FallbackValue ?? limit.Value); break;
            }
        }
    }

    /// <summary>What annotations <c>org.systemd.property.NAME</c> ask for: the caller's word about the unit, beside the limits.</summary>
    /// <remarks>runc, docs/systemd.md: values as gvariant text, and a name in <c>Sec</c> means the property in microseconds.</remarks>
    /// <exception cref="CrunException">It is no name or no value.</exception>
    public static IEnumerable<SystemdProperty> OfAnnotations(IReadOnlyDictionary<string, string> annotations)
    {
        foreach ((string key, string text) in annotations)
        {
            if (!key.StartsWith(AnnotationPrefix, StringComparison.Ordinal))
            {
                continue;
            }

            string name = key[AnnotationPrefix.Length..];
            if (name.Length < 3 || !name.All(char.IsAsciiLetter))
            {
                throw new CrunException($"cannot use the annotation '{key}'", "it names no property of a systemd unit");
            }

            (string signature, object value) = SystemdVariant.Parse(text)
                ?? throw new CrunException($"cannot use the annotation '{key}'", $"'{text}' is no value: a text is in quotes, and a number may have its type before it");
            bool isSeconds = name.EndsWith("Sec", StringComparison.Ordinal) && !name.EndsWith("USec", StringComparison.Ordinal);
            yield return isSeconds ? InMicroseconds(key, name, value) : new(name, signature, value);
        }
    }

    private static SystemdProperty InMicroseconds(string key, string name, object value)
    {
        ulong? seconds = value switch
        {
            int number when number >= 0 => (ulong)number,
            long number when number >= 0 => (ulong)number,
            uint number => number,
            ulong number => number,
            _ => null,
        };
        return seconds is { } whole && whole <= ulong.MaxValue / MicrosecondsOfASecond
            ? new($"{name[..^"Sec".Length]}USec", "t", whole * MicrosecondsOfASecond)
            : throw new CrunException($"cannot use the annotation '{key}'", "seconds are a whole number");
    }

    /// <summary>A list of numbers as bits, the lowest of the first byte first.</summary>
    internal static byte[] Mask(string list)
    {
        List<byte> mask = [];
        foreach (string part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-');
            if (!uint.TryParse(ends[0], out uint first) || !uint.TryParse(ends[^1], out uint last) || ends.Length > 2 || last < first || last > 8191)
            {
                throw new CrunException("cannot apply linux.resources.cpu of config.json", $"'{list}' is no list of numbers");
            }

            for (uint number = first; number <= last; number++)
            {
                while (mask.Count <= number / 8)
                {
                    mask.Add(0);
                }

                mask[(int)number / 8] |= (byte)(1 << (int)(number % 8));
            }
        }

        return [.. mask];
    }

    public void Write(DBusWriter writer)
    {
        writer.Align(8);
        writer.String(Name);
        writer.Signature(Signature);
        switch (Value)
        {
            case string text: writer.String(text); break;
            case bool flag: writer.Boolean(flag); break;
            case int number: writer.UInt32((uint)number); break;
            case uint number: writer.UInt32(number); break;
            case long number: writer.UInt64((ulong)number); break;
            case ulong number: writer.UInt64(number); break;
            case string[] texts: writer.Array(4, array => Array.ForEach(texts, array.String)); break;
            case uint[] numbers: writer.Array(4, array => Array.ForEach(numbers, array.UInt32)); break;
            case byte[] bytes: writer.Array(1, array => array.Bytes(bytes)); break;
            default: throw new InvalidOperationException($"{Name} has a value that no property has");
        }
    }

    private static SystemdProperty Number(string name, string value) => new(name, "t", value == "max" ? Infinity : ulong.Parse(value));

    // systemd keeps whole per cents: rounded up, the exact quota fits in and is written into the file afterwards.
    private static IEnumerable<SystemdProperty> Quota(string value)
    {
        const ulong OnePerCent = 10_000;
        const ulong Second = 1_000_000;
        string[] words = value.Split(' ');
        ulong period = ulong.Parse(words[1]);
        yield return new("CPUQuotaPeriodUSec", "t", period);
        yield return new("CPUQuotaPerSecUSec", "t", words[0] == "max"
            ? Infinity
            : ((ulong.Parse(words[0]) * Second / period) + OnePerCent - 1) / OnePerCent * OnePerCent);
    }
}

using System.CommandLine;
using System.Globalization;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.OciVerbs;

internal sealed class UpdateVerb() : OciVerb("update", "Give a container other limits")
{
    private const int Longest = 1 << 20;

    private readonly Argument<string> _id = new("ID") { Description = "Name of the container" };
    private readonly Option<string?> _resources = new("--resources", "-r") { Description = "File with resources as JSON, - for standard input" };
    private readonly Option<string?> _memory = new("--memory") { Description = "Bytes, or with k, m, g; -1: no limit" };
    private readonly Option<string?> _swap = new("--memory-swap") { Description = "Memory and swap together" };
    private readonly Option<string?> _reservation = new("--memory-reservation") { Description = "Memory that is left to it under pressure" };
    private readonly Option<long?> _quota = new("--cpu-quota") { Description = "Microseconds of processor time per period" };
    private readonly Option<ulong?> _period = new("--cpu-period") { Description = "Microseconds" };
    private readonly Option<ulong?> _shares = new("--cpu-share", "--cpu-shares") { Description = "Weight among others; 1024 is usual" };
    private readonly Option<ulong?> _burst = new("--cpu-burst") { Description = "Microseconds that may be saved up" };
    private readonly Option<long?> _idle = new("--cpu-idle") { Description = "1: only when nobody else wants the processor" };
    private readonly Option<string?> _cpus = new("--cpuset-cpus") { Description = "Processors, 0-3,7" };
    private readonly Option<string?> _nodes = new("--cpuset-mems") { Description = "Memory nodes" };
    private readonly Option<long?> _pids = new("--pids-limit") { Description = "How many processes; -1: no limit" };
    private readonly Option<ushort?> _weight = new("--blkio-weight") { Description = "10 to 1000" };

    public override void Describe(Command command)
    {
        command.Arguments.Add(_id);
        foreach (Option option in new Option[]
        {
            _resources, _memory, _swap, _reservation, _quota, _period, _shares, _burst, _idle, _cpus, _nodes, _pids, _weight,
        })
        {
            command.Options.Add(option);
        }
    }

    public override int Run(ParseResult parsed, OciContext context)
    {
        LinuxResources resources = parsed.GetValue(_resources) is { Length: > 0 } file
            ? SpecReader.ReadResources(file == "-" ? ReadInput() : Descriptors.ReadAll(Path.GetFullPath(file)))
            : FromOptions(parsed);
        context.Runtime.Update(Words.Id(parsed, _id), resources);
        return 0;
    }

    private LinuxResources FromOptions(ParseResult parsed) => new()
    {
        Memory = new MemoryLimits
        {
            Limit = Bytes(parsed.GetValue(_memory)),
            Swap = Bytes(parsed.GetValue(_swap)),
            Reservation = Bytes(parsed.GetValue(_reservation)),
        },
        Cpu = new CpuLimits
        {
            Quota = parsed.GetValue(_quota),
            Period = parsed.GetValue(_period),
            Shares = parsed.GetValue(_shares),
            Burst = parsed.GetValue(_burst),
            Idle = parsed.GetValue(_idle),
            Cpus = parsed.GetValue(_cpus),
            Mems = parsed.GetValue(_nodes),
        },
        PidsLimit = parsed.GetValue(_pids),
        BlockIo = parsed.GetValue(_weight) is { } weight ? new BlockIoLimits { Weight = weight } : null,
    };

    private static long? Bytes(string? text)
    {
        if (text is null)
        {
            return null;
        }

        int shift = text.Length == 0 ? 0 : char.ToLowerInvariant(text[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, 't' => 40, _ => 0 };
        string digits = shift == 0 ? text : text[..^1];
        return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number >= -1 && number <= long.MaxValue >> shift
            ? number < 0 ? number : number << shift
            : throw new CrunException("cannot update the limits", $"'{text}' is not a number of bytes");
    }

    private static byte[] ReadInput()
    {
        using SafeFileHandle input = new(0, ownsHandle: false);
        byte[] buffer = new byte[Longest];
        int length = 0;
        while (length < buffer.Length && Descriptors.Read(input, buffer.AsSpan(length)) is > 0 and int got)
        {
            length += got;
        }

        return buffer[..length];
    }
}

using CrunSharp.Oci;

namespace CrunSharp.Machines;

/// <summary>A program that runs virtual machines, found on this host.</summary>
public abstract class MachineMonitor
{
    /// <summary>As figures and messages call it: <c>qemu-microvm</c>.</summary>
    public abstract string Name { get; }

    public abstract string Version { get; }

    /// <summary>How the guest's instructions run: "KVM", "software emulation", or "as processes of the host".</summary>
    public abstract string Acceleration { get; }

    /// <summary>What has to be on disk for it, beside the image.</summary>
    public abstract IReadOnlyList<string> Files { get; }

    /// <summary>The kernel that it boots.</summary>
    public abstract string Kernel { get; }

    /// <summary>What its root filesystem is, in a few words.</summary>
    public virtual string Root => "the image's tree as the kernel's first root (initramfs, in the guest's memory)";

    /// <summary>The file or directory that this root is.</summary>
    public virtual string RootOf(MachineImage image) => image.Archive;

    /// <summary>Builds the command that boots the machine; its console is the command's standard output.</summary>
    internal abstract TimedStart Command(MachineImage image, PlacedOrders orders, MachineRequest request);

    /// <summary>Readies a machine: everything that is made before its clock starts.</summary>
    public PreparedMachine Prepare(MachineImage image, MachineRequest request)
    {
        PlacedOrders orders = image.Place(request.Command, request.Environment, request.WorkingDirectory);
        try
        {
            return new PreparedMachine(orders, Command(image, orders, request));
        }
        catch
        {
            orders.Dispose();
            throw;
        }
    }

    /// <summary>Boots the image, runs the command in it and waits until the machine is off.</summary>
    /// <exception cref="CrunException">The machine ended, or its time did, before the program could say how it ended.</exception>
    public MachineOutcome Run(MachineImage image, MachineRequest request)
    {
        using PreparedMachine machine = Prepare(image, request);
        using TimedProgram program = TimedProgram.Start(machine.Start);
        program.WaitForExit();
        string console = string.Join('\n', program.Lines.Select(static line => line.Line));
        if (program.Status is not { } status)
        {
            string last = program.Errors is { Length: > 0 } errors ? errors : console.Trim().Split('\n')[^1];
            throw new CrunException($"cannot run the virtual machine with {Name}", last.Length > 0 ? last : $"no word from it within {request.Limit.TotalSeconds:0} s");
        }

        return new MachineOutcome(program.Output, status, console)
        {
            ToStart = program.ToStartMark,
            ToFirstByte = program.ToFirstByte,
            ToExit = program.ToExit ?? request.Limit,
        };
    }

    /// <summary>Words of a guest kernel's command line: quiet unless asked for, and our program as the first process.</summary>
    /// <param name="disk">The device in the guest that its root is on; null where the kernel has brought the root along.</param>
    internal static string KernelWords(string console, string halt, PlacedOrders orders, MachineRequest request, string first, string? disk = null) =>
        $"{console} {(request.Verbose ? "loglevel=7" : "quiet loglevel=0")} panic=-1 {first}={GuestProgram.PathInside} -- init {orders.Inside} {halt} {disk}".TrimEnd();
}

/// <summary>What a machine is to run.</summary>
public sealed record MachineRequest
{
    public required IReadOnlyList<string> Command { get; init; }

    public IReadOnlyList<string> Environment { get; init; } = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=dumb"];

    public string WorkingDirectory { get; init; } = "/";

    public int MemoryMiB { get; init; } = 512;

    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The kernel's own lines on the console too.</summary>
    public bool Verbose { get; init; }
}

/// <summary>What came of it.</summary>
/// <param name="Output">Both outputs of the program: a machine has one console.</param>
public sealed record MachineOutcome(byte[] Output, int Status, string Console)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Output);

    public TimeSpan? ToStart { get; init; }

    public TimeSpan? ToFirstByte { get; init; }

    public TimeSpan ToExit { get; init; }
}

/// <summary>A machine whose files lie ready; starting it is all that is left.</summary>
public sealed class PreparedMachine : IDisposable
{
    private readonly PlacedOrders _orders;

    internal PreparedMachine(PlacedOrders orders, TimedStart start) => (_orders, Start) = (orders, start);

    public TimedStart Start { get; }

    public void Dispose() => _orders.Dispose();
}

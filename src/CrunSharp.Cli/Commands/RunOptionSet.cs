using System.CommandLine;
using CrunSharp.Bundles;
using CrunSharp.Engine;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary>The options that describe a container, as docker names them, and their way into <see cref="RunOptions"/>.</summary>
internal sealed class RunOptionSet
{
    private readonly Option<bool> _interactive = new("--interactive", "-i") { Description = "Hand this terminal's or pipe's input on" };
    private readonly Option<bool> _terminal = new("--tty", "-t") { Description = "Give the container a terminal" };
    private readonly Option<string[]> _environment = Many("--env", "-e", "Set a variable; a bare NAME takes the value it has here", "NAME=VALUE");
    private readonly Option<string[]> _environmentFiles = Many("--env-file", null, "Set the variables that a file lists", "FILE");
    private readonly Option<string?> _directory = One("--workdir", "-w", "Directory that the program starts in; made where it is missing", "DIR");
    private readonly Option<string?> _user = One("--user", "-u", "User, and perhaps group, by name or number", "USER[:GROUP]");
    private readonly Option<string[]> _groups = Many("--group-add", null, "Add a group to the program's", "GROUP");
    private readonly Option<string[]> _volumes = Many("--volume", "-v", "Show a directory or file of this host in the container", "SRC:DST[:OPTIONS]");
    private readonly Option<string[]> _tmpfs = Many("--tmpfs", null, "Mount an empty file system in memory", "DIR[:OPTIONS]");
    private readonly Option<string?> _entrypoint = One("--entrypoint", null, "Program to start in place of the image's", "PROGRAM");
    private readonly Option<string?> _hostname = One("--hostname", "-h", "Name of the host as the container sees it", "NAME");
    private readonly Option<bool> _readOnly = new("--read-only") { Description = "Let nothing be written to the container's root" };
    private readonly Option<string?> _memory = One("--memory", "-m", "Limit of memory", "BYTES");
    private readonly Option<string?> _memoryReservation = One("--memory-reservation", null, "Memory to fall back to when the host runs short", "BYTES");
    private readonly Option<string?> _memorySwap = One("--memory-swap", null, "Limit of memory and swap together; -1 for no limit of swap", "BYTES");
    private readonly Option<string?> _cpus = One("--cpus", null, "Limit of processor time, in CPUs", "NUMBER");
    private readonly Option<string?> _cpuShares = One("--cpu-shares", "-c", "Weight against other containers", "NUMBER");
    private readonly Option<string?> _cpuset = One("--cpuset-cpus", null, "CPUs that may be used, as 0-2,4", "LIST");
    private readonly Option<string?> _cpusetMems = One("--cpuset-mems", null, "Memory nodes that may be used", "LIST");
    private readonly Option<string?> _pids = One("--pids-limit", null, "Limit of processes; -1 for none", "NUMBER");
    private readonly Option<string[]> _ulimits = Many("--ulimit", null, "Limit of each process, as nofile=1024:2048", "NAME=SOFT[:HARD]");
    private readonly Option<string[]> _addCapabilities = Many("--cap-add", null, "Give a capability beyond the usual ones", "NAME");
    private readonly Option<string[]> _dropCapabilities = Many("--cap-drop", null, "Take a capability away; ALL for all", "NAME");
    private readonly Option<bool> _privileged = new("--privileged") { Description = "Take nearly all of the isolation away" };
    private readonly Option<string[]> _security = Many("--security-opt", null, "seccomp=FILE, seccomp=unconfined or no-new-privileges", "OPTION");
    private readonly Option<string[]> _devices = Many("--device", null, "Show a device of this host in the container", "HOST[:INSIDE][:rwm]");
    private readonly Option<string[]> _sysctls = Many("--sysctl", null, "Set a kernel parameter of the container's namespaces", "NAME=VALUE");
    private readonly Option<string?> _shm = One("--shm-size", null, "Size of /dev/shm", "BYTES");
    private readonly Option<bool> _init = new("--init") { Description = "Keep a small first process that reaps the others" };

    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)
            [
                _interactive, _terminal, _environment, _environmentFiles, _directory, _user, _groups, _volumes, _tmpfs, _entrypoint,
                _hostname, _readOnly, _memory, _memoryReservation, _memorySwap, _cpus, _cpuShares, _cpuset, _cpusetMems, _pids, _ulimits,
                _addCapabilities, _dropCapabilities, _privileged, _security, _devices, _sysctls, _shm, _init,
            ])
        {
            command.Add(option);
        }
    }

    /// <summary>The container's id is not known yet; the engine puts it in.</summary>
    public RunOptions Read(ParseResult parsed, IReadOnlyList<string> command)
    {
        RunOptions options = new()
        {
            ContainerId = "",
            Command = command,
            Interactive = parsed.GetValue(_interactive),
            Terminal = parsed.GetValue(_terminal),
            Environment = ReadEnvironment(parsed),
            WorkingDirectory = parsed.GetValue(_directory),
            User = parsed.GetValue(_user),
            AdditionalGroups = parsed.GetValue(_groups) ?? [],
            Mounts = [.. Values(parsed, _tmpfs).Select(TmpfsOption.Parse)],
            Entrypoint = parsed.GetValue(_entrypoint),
            Hostname = parsed.GetValue(_hostname),
            ReadOnlyRoot = parsed.GetValue(_readOnly),
            Resources = ReadResources(parsed),
            Ulimits = [.. Values(parsed, _ulimits).Select(OptionText.ParseUlimit)],
            AddCapabilities = Values(parsed, _addCapabilities),
            DropCapabilities = Values(parsed, _dropCapabilities),
            Privileged = parsed.GetValue(_privileged),
            Security = SecurityOption.Parse(Values(parsed, _security)),
            Devices = [.. Values(parsed, _devices).SelectMany(OptionText.ParseDevice)],
            Sysctls = Values(parsed, _sysctls) is { Length: > 0 } sysctls ? Pairs(sysctls) : new Dictionary<string, string>(),
            Init = parsed.GetValue(_init),
        };
        return parsed.GetValue(_shm) is { } shm ? options with { ShmSize = Quantity.ParseBytes("--shm-size", shm) } : options;
    }

    public IReadOnlyList<VolumeOption> ReadVolumes(ParseResult parsed) => [.. Values(parsed, _volumes).Select(VolumeOption.Parse)];

    private List<string> ReadEnvironment(ParseResult parsed)
    {
        // A variable on the command line wins over the same one in a file, as the later one does.
        List<string> variables = [];
        foreach (string file in Values(parsed, _environmentFiles))
        {
            variables.AddRange(OptionText.ReadEnvironmentFile(file));
        }

        variables.AddRange(Values(parsed, _environment));
        return variables;
    }

    private ResourceOptions ReadResources(ParseResult parsed) => new()
    {
        Memory = Bytes(parsed, _memory),
        MemoryReservation = Bytes(parsed, _memoryReservation),
        MemorySwap = parsed.GetValue(_memorySwap) is { } swap ? Quantity.ParseBytesOrUnlimited("--memory-swap", swap) : null,
        NanoCpus = parsed.GetValue(_cpus) is { } cpus ? Quantity.ParseCpus("--cpus", cpus) : null,
        CpuShares = parsed.GetValue(_cpuShares) is { } shares ? (ulong)Quantity.ParseNumber("--cpu-shares", shares, 0, 262144) : null,
        CpusetCpus = parsed.GetValue(_cpuset),
        CpusetMems = parsed.GetValue(_cpusetMems),
        PidsLimit = parsed.GetValue(_pids) is { } pids ? Quantity.ParseNumber("--pids-limit", pids, -1, long.MaxValue) : null,
    };

    private static long? Bytes(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text ? Quantity.ParseBytes(option.Name, text) : null;

    private static Dictionary<string, string> Pairs(string[] texts)
    {
        Dictionary<string, string> pairs = [];
        foreach (string text in texts)
        {
            (string name, string value) = OptionText.ParsePair("--sysctl", text);
            pairs[name] = value;
        }

        return pairs;
    }

    private static string[] Values(ParseResult parsed, Option<string[]> option) => parsed.GetValue(option) ?? [];

    private static Option<string?> One(string name, string? letter, string description, string value) =>
        new(name, letter is null ? [] : [letter]) { Description = description, HelpName = value };

    private static Option<string[]> Many(string name, string? letter, string description, string value) =>
        new(name, letter is null ? [] : [letter]) { Description = description, HelpName = value };
}

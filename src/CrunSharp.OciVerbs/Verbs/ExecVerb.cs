using System.CommandLine;
using System.Globalization;
using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.OciVerbs;

internal sealed class ExecVerb() : OciVerb("exec", "Start one more process in a running container")
{
    private readonly Argument<string> _id = new("ID") { Description = "Name of the container" };
    private readonly Argument<string[]> _command = new("COMMAND") { Description = "The program and its arguments", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _process = new("--process", "-p") { Description = "File with the process as JSON" };
    private readonly Option<bool> _terminal = new("--tty", "-t") { Description = "With a terminal of its own" };
    private readonly Option<string?> _user = new("--user", "-u") { Description = "UID or UID:GID" };
    private readonly Option<uint[]> _groups = new("--additional-gids", "-g") { Description = "One more group; may be repeated" };
    private readonly Option<string[]> _environment = new("--env", "-e") { Description = "NAME=VALUE; may be repeated" };
    private readonly Option<string?> _directory = new("--cwd") { Description = "Working directory" };
    private readonly Option<string[]> _capabilities = new("--cap", "-c") { Description = "One more capability; may be repeated" };
    private readonly Option<string?> _apparmor = new("--apparmor") { Description = "AppArmor profile" };
    private readonly Option<string?> _label = new("--process-label") { Description = "SELinux label" };
    private readonly Option<bool> _noNewPrivileges = new("--no-new-privs") { Description = "No program may gain privileges" };
    private readonly Option<string?> _pidFile = new("--pid-file") { Description = "File that receives the process id" };
    private readonly Option<bool> _detach = new("--detach", "-d") { Description = "Do not wait for it" };
    private readonly Option<int> _preserve = new("--preserve-fds") { Description = "How many descriptors from 3 on it inherits" };
    private readonly Option<string?> _consoleSocket = new("--console-socket") { Description = "Unix socket that receives the terminal" };
    private readonly Option<string?> _pidFdSocket = new("--pidfd-socket") { Description = "Unix socket that receives the pidfd" };
    private readonly Option<string?> _cgroup = new("--cgroup") { Description = "A cgroup below the container's" };
    private readonly Option<bool> _ignorePaused = new("--ignore-paused") { Description = "Also in a paused container" };

    public override int OwnWords => 1;

    // 1 to 254 may be the program's own; runc's callers expect this one for ours.
    public override int FailureCode => 255;

    public override void Describe(Command command)
    {
        command.Arguments.Add(_id);
        command.Arguments.Add(_command);
        foreach (Option option in new Option[]
        {
            _process, _terminal, _user, _groups, _environment, _directory, _capabilities, _apparmor, _label, _noNewPrivileges, _pidFile,
            _detach, _preserve, _consoleSocket, _pidFdSocket, _cgroup, _ignorePaused,
        })
        {
            command.Options.Add(option);
        }
    }

    public override int Run(ParseResult parsed, OciContext context)
    {
        ContainerId id = Words.Id(parsed, _id);
        Process process = ReadProcess(parsed, context, id);
        bool detach = parsed.GetValue(_detach);
        string? consoleSocket = MakingOptions.Absolute(parsed.GetValue(_consoleSocket));
        using Launched launched = context.Runtime.Exec(id, process, new ExecRequest
        {
            ConsoleSocket = consoleSocket,
            PidFdSocket = MakingOptions.Absolute(parsed.GetValue(_pidFdSocket)),
            OwnTerminal = process.Terminal && !detach && consoleSocket is null,
            PidFile = MakingOptions.Absolute(parsed.GetValue(_pidFile)),
            PreservedDescriptors = parsed.GetValue(_preserve),
            IgnorePaused = parsed.GetValue(_ignorePaused),
            Cgroup = parsed.GetValue(_cgroup),
        });
        return detach ? 0 : Attached.WaitForFurther(launched);
    }

    private Process ReadProcess(ParseResult parsed, OciContext context, ContainerId id)
    {
        if (parsed.GetValue(_process) is { Length: > 0 } file)
        {
            return ProcessReader.Read(Descriptors.ReadAll(Path.GetFullPath(file)));
        }

        string[] command = parsed.GetValue(_command) ?? [];
        if (command.Length == 0)
        {
            throw new CrunException($"cannot exec in container '{id}'", "process args cannot be empty");
        }

        Process own = context.Runtime.GetSpec(id).Process ?? throw new CrunException($"cannot exec in container '{id}'", "its spec has no process");
        return own with
        {
            Args = command,
            Terminal = parsed.GetValue(_terminal),
            Cwd = parsed.GetValue(_directory) ?? own.Cwd,
            Env = [.. own.Env, .. parsed.GetValue(_environment) ?? []],
            User = ReadUser(parsed, own.User),
            Capabilities = ReadCapabilities(parsed, own.Capabilities),
            NoNewPrivileges = parsed.GetValue(_noNewPrivileges) || own.NoNewPrivileges,
            ApparmorProfile = parsed.GetValue(_apparmor) ?? own.ApparmorProfile,
            SelinuxLabel = parsed.GetValue(_label) ?? own.SelinuxLabel,
        };
    }

    private User ReadUser(ParseResult parsed, User own)
    {
        IReadOnlyList<uint> groups = [.. own.AdditionalGids, .. parsed.GetValue(_groups) ?? []];
        if (parsed.GetValue(_user) is not { } text)
        {
            return own with { AdditionalGids = groups };
        }

        int colon = text.IndexOf(':');
        return own with
        {
            Uid = Number(colon < 0 ? text : text[..colon], text),
            Gid = colon < 0 ? own.Gid : Number(text[(colon + 1)..], text),
            AdditionalGids = groups,
        };
    }

    // Strictly a number: '1x' or a number beyond the range must never become user 0.
    internal static uint Number(string digits, string text) =>
        uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number <= int.MaxValue
            ? number
            : throw new CrunException("cannot use --user", $"'{text}' is not UID or UID:GID");

    private CapabilitySets? ReadCapabilities(ParseResult parsed, CapabilitySets? own)
    {
        string[] more = parsed.GetValue(_capabilities) ?? [];
        return more.Length == 0 ? own : (own ?? new CapabilitySets()) with
        {
            Bounding = [.. own?.Bounding ?? [], .. more],
            Effective = [.. own?.Effective ?? [], .. more],
            Permitted = [.. own?.Permitted ?? [], .. more],
        };
    }
}

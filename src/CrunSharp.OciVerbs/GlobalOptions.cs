using System.CommandLine;
using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.OciVerbs;

/// <summary>The options that stand before the verb, as runc's and crun's callers pass them.</summary>
internal sealed class GlobalOptions
{
    private readonly Option<string?> _root = new("--root") { Description = "Directory that holds the state of containers" };
    private readonly Option<string?> _log = new("--log", "--log-file") { Description = "File that failures are appended to" };
    private readonly Option<string?> _logFormat = new("--log-format") { Description = "text or json" };
    private readonly Option<string?> _logLevel = new("--log-level") { Description = "error, warning or debug" };
    private readonly Option<bool> _debug = new("--debug") { Description = "Tell more" };
    private readonly Option<bool> _systemd = new("--systemd-cgroup") { Description = "Let systemd make the cgroups" };
    private readonly Option<string?> _manager = new("--cgroup-manager") { Description = "cgroupfs, systemd or disabled" };
    private readonly Option<string?> _rootless = new("--rootless") { Description = "true, false or auto; it is found out in any case" };
    private readonly Option<string?> _criu = new("--criu") { Description = "Accepted for other runtimes' callers", Hidden = true };

    public IReadOnlyList<Option> All => [_root, _log, _logFormat, _logLevel, _debug, _systemd, _manager, _rootless, _criu];

    public void AddTo(Command root)
    {
        foreach (Option option in All)
        {
            root.Options.Add(option);
        }
    }

    public OciLog Log(ParseResult parsed, string program) => new()
    {
        Path = parsed.GetValue(_log) is { Length: > 0 } path ? path : null,
        Json = parsed.GetValue(_logFormat) == "json",
        Debugging = parsed.GetValue(_debug) || parsed.GetValue(_logLevel) == "debug",
        Program = program,
    };

    public ContainerRuntime Runtime(ParseResult parsed, OciLog log) => new(new RuntimeOptions
    {
        StateRoot = parsed.GetValue(_root) is { Length: > 0 } root ? Path.GetFullPath(root) : DefaultRoot(),
        CgroupManager = Manager(parsed),
        Warn = log.Warn,
    });

    private CgroupManager Manager(ParseResult parsed) => parsed.GetValue(_manager) switch
    {
        null or "" => parsed.GetValue(_systemd) ? CgroupManager.Systemd : CgroupManager.Cgroupfs,
        "cgroupfs" => CgroupManager.Cgroupfs,
        "systemd" => CgroupManager.Systemd,
        "disabled" => CgroupManager.Disabled,
        string other => throw new CrunException("cannot use --cgroup-manager", $"'{other}' is not cgroupfs, systemd or disabled"),
    };

    private static string DefaultRoot()
    {
        const string Name = "crun-sharp-oci";
        uint user = Processes.EffectiveUser;
        return Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own && user != 0 ? Path.Join(own, Name)
            : user == 0 ? $"/run/{Name}"
            : $"/tmp/{Name}-{user}";
    }
}

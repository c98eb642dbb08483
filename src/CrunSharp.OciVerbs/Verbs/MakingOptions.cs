using System.CommandLine;
using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.OciVerbs;

/// <summary>What create and run have in common.</summary>
internal sealed class MakingOptions
{
    private readonly Argument<string> _id = new("ID") { Description = "Name of the container" };
    private readonly Option<string?> _bundle = new("--bundle", "-b") { Description = "Directory with config.json; the current one otherwise" };
    private readonly Option<string?> _config = new("--config", "-f") { Description = "Another file than config.json" };
    private readonly Option<string?> _consoleSocket = new("--console-socket") { Description = "Unix socket that receives the terminal" };
    private readonly Option<string?> _pidFdSocket = new("--pidfd-socket") { Description = "Unix socket that receives the pidfd" };
    private readonly Option<string?> _pidFile = new("--pid-file") { Description = "File that receives the process id" };
    private readonly Option<int> _preserve = new("--preserve-fds") { Description = "How many descriptors from 3 on the container inherits" };
    private readonly Option<bool> _noPivot = new("--no-pivot") { Description = "Do not use pivot_root" };
    private readonly Option<bool> _noKeyring = new("--no-new-keyring") { Description = "Keep the caller's session keyring" };

    public void AddTo(Command command)
    {
        command.Arguments.Add(_id);
        foreach (Option option in new Option[] { _bundle, _config, _consoleSocket, _pidFdSocket, _pidFile, _preserve, _noPivot, _noKeyring })
        {
            command.Options.Add(option);
        }
    }

    public LaunchRequest Read(ParseResult parsed)
    {
        ContainerId id = ContainerId.Parse(parsed.GetRequiredValue(_id));
        string bundle = Path.GetFullPath(parsed.GetValue(_bundle) is { Length: > 0 } given ? given : ".");
        string config = Path.GetFullPath(parsed.GetValue(_config) is { Length: > 0 } other ? other : "config.json", bundle);
        byte[] bytes = ReadConfig(config);
        return new LaunchRequest
        {
            Id = id,
            Bundle = bundle,
            Spec = SpecReader.Read(bytes),
            SpecText = () => bytes,
            ConsoleSocket = Absolute(parsed.GetValue(_consoleSocket)),
            PidFdSocket = Absolute(parsed.GetValue(_pidFdSocket)),
            PidFile = Absolute(parsed.GetValue(_pidFile)),
            PreservedDescriptors = parsed.GetValue(_preserve),
            NoPivot = parsed.GetValue(_noPivot),
            NoNewKeyring = parsed.GetValue(_noKeyring),
        };
    }

    internal static string? Absolute(string? path) => path is { Length: > 0 } ? Path.GetFullPath(path) : null;

    private static byte[] ReadConfig(string path)
    {
        try
        {
            return Descriptors.TryReadAll(path)
                ?? throw new CrunException("cannot read the bundle", $"JSON specification file {Path.GetFileName(path)} not found in '{Path.GetDirectoryName(path)}'");
        }
        catch (LinuxException failure)
        {
            throw new CrunException("cannot read the bundle", failure.Message, failure);
        }
    }
}

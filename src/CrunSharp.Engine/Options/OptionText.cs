using System.Globalization;
using System.Text;
using CrunSharp.Bundles;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>Option values of <c>run</c> that hold several things in one text.</summary>
public static class OptionText
{
    /// <summary><c>nofile=1024:2048</c>; one number stands for both limits, -1 for none.</summary>
    public static Ulimit ParseUlimit(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw Quantity.Refuse("--ulimit", text, "it is not NAME=SOFT[:HARD]");
        }

        string[] limits = text[(equals + 1)..].Split(':');
        if (limits.Length > 2)
        {
            throw Quantity.Refuse("--ulimit", text, "it has more than a soft and a hard limit");
        }

        ulong soft = ParseLimit(text, limits[0]);
        ulong hard = limits.Length == 2 ? ParseLimit(text, limits[1]) : soft;
        return soft <= hard
            ? new Ulimit(text[..equals].ToLowerInvariant(), soft, hard)
            : throw Quantity.Refuse("--ulimit", text, "the soft limit is above the hard one");
    }

    /// <summary><c>NAME=VALUE</c>.</summary>
    public static KeyValuePair<string, string> ParsePair(string option, string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? new KeyValuePair<string, string>(text[..equals], text[(equals + 1)..])
            : throw Quantity.Refuse(option, text, "it is not NAME=VALUE");
    }

    /// <summary><c>/dev/host[:/dev/inside][:rwm]</c>. A directory stands for the devices in it.</summary>
    public static IReadOnlyList<DeviceMapping> ParseDevice(string text)
    {
        string[] parts = text.Split(':');
        string host = parts[0];
        string inside = host, permissions = "rwm";
        switch (parts)
        {
            case [_]: break;
            case [_, ['/', ..] path]: inside = path; break;
            case [_, { } only]: permissions = only; break;
            case [_, { } path, { } last]: (inside, permissions) = (path, last); break;
            default: throw Quantity.Refuse("--device", text, "it is not HOST[:INSIDE][:PERMISSIONS]");
        }

        if (permissions.Length == 0 || permissions.Any(static letter => letter is not ('r' or 'w' or 'm')))
        {
            throw Quantity.Refuse("--device", text, $"'{permissions}' are no permissions: letters of rwm");
        }

        if (!host.StartsWith('/') || !inside.StartsWith('/'))
        {
            throw Quantity.Refuse("--device", text, "paths of devices begin with '/'");
        }

        if (Directory.Exists(host))
        {
            return
            [
                .. Directory.EnumerateFiles(host)
                    .Select(file => BundleHost.TryDevice(file, $"{inside.TrimEnd('/')}/{Path.GetFileName(file)}", permissions))
                    .OfType<DeviceMapping>(),
            ];
        }

        try
        {
            return [BundleHost.TryDevice(host, inside, permissions) ?? throw Quantity.Refuse("--device", text, $"'{host}' is no device")];
        }
        catch (LinuxException failure)
        {
            throw new CrunException($"cannot use --device '{text}'", failure.Reason.ToLowerInvariant(), failure);
        }
    }

    /// <summary>The lines of an <c>--env-file</c>: NAME=VALUE or NAME; blank lines and those that begin with # are none.</summary>
    public static IReadOnlyList<string> ReadEnvironmentFile(string path)
    {
        List<string> variables = [];
        int number = 0;
        foreach (string read in ReadLines(path))
        {
            number++;
            string line = read.TrimStart();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            int equals = line.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? line : line[..equals];
            if (name.Length == 0 || name.AsSpan().ContainsAny(" \t\0"))
            {
                throw new CrunException($"cannot use line {number} of '{path}'", $"'{name}' is no name of a variable");
            }

            variables.Add(line);
        }

        return variables;
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path, Encoding.UTF8);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CrunException($"cannot read the environment file '{path}'", failure is UnauthorizedAccessException ? "permission denied" : "no such file or directory", failure);
        }
    }

    private static ulong ParseLimit(string whole, string text) =>
        text is "-1" or "unlimited" ? ulong.MaxValue
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value
        : throw Quantity.Refuse("--ulimit", whole, $"'{text}' is no limit: a number, or -1 for none");
}

using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>A value of <c>-v</c>: what of the host appears where in the container.</summary>
/// <param name="Source">A path of the host, the name of a volume, or null for a volume without a name.</param>
public sealed record VolumeOption(string? Source, string Destination, IReadOnlyList<string> Options)
{
    private static readonly string[] s_propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

    // z, Z, U, cached and the like say nothing that changes anything here: there is no SELinux to label for, no virtual machine.
    private static readonly string[] s_ignored = ["z", "Z", "cached", "delegated", "consistent", "rw", "rbind"];

    /// <summary>As docker has it: a path begins with '/' or '.', all else is the name of a volume.</summary>
    public bool IsPath => Source is ['/' or '.', ..];

    /// <exception cref="CrunException">It is not <c>[SOURCE:]DESTINATION[:OPTIONS]</c>.</exception>
    public static VolumeOption Parse(string text)
    {
        string[] parts = text.Split(':');
        (string? source, string destination, string options) = parts switch
        {
            [{ } only] => (null, only, ""),
            [{ } from, { } to] => (from, to, ""),
            [{ } from, { } to, { } how] => (from, to, how),
            _ => throw Refuse(text, "it is not [SOURCE:]DESTINATION[:OPTIONS]"),
        };
        if (source is "")
        {
            throw Refuse(text, "its source is empty");
        }

        if (!destination.StartsWith('/'))
        {
            throw Refuse(text, $"'{destination}' is no absolute path in the container");
        }

        if (Path.GetFullPath(destination) == "/")
        {
            throw Refuse(text, "the container's root cannot be covered");
        }

        return new VolumeOption(source, destination, ParseOptions(text, options));
    }

    private static List<string> ParseOptions(string text, string options)
    {
        List<string> result = ["rbind"];
        bool propagates = false;
        foreach (string option in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (s_propagations.Contains(option))
            {
                propagates = true;
                result.Add(option);
            }
            else if (option is "ro" or "nosuid" or "nodev" or "noexec" or "suid" or "dev" or "exec")
            {
                result.Add(option);
            }
            else if (option == "bind")
            {
                result[0] = "bind";
            }
            else if (option is "nocopy" or "U" or "idmap")
            {
                throw Refuse(text, $"the option '{option}' is not supported yet");
            }
            else if (!s_ignored.Contains(option))
            {
                throw Refuse(text, $"'{option}' is no option of a mount");
            }
        }

        if (!propagates)
        {
            result.Add("rprivate");
        }

        return result;
    }

    private static CrunException Refuse(string text, string why) => Quantity.Refuse("-v", text, why);
}

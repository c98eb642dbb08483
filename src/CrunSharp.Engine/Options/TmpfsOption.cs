using CrunSharp.Bundles;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>A value of <c>--tmpfs</c>: <c>DIR[:OPTIONS]</c>.</summary>
public static class TmpfsOption
{
    private static readonly string[] s_words = ["ro", "rw", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "noatime", "relatime", "nodiratime"];
    private static readonly string[] s_settings = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks"];

    public static BundleMount Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string destination = colon < 0 ? text : text[..colon];
        if (!destination.StartsWith('/') || Path.GetFullPath(destination) == "/")
        {
            throw Quantity.Refuse("--tmpfs", text, $"'{destination}' is no absolute path below the root");
        }

        // What a container writes there is data; as docker, it may be executed only when that is asked for.
        List<string> options = ["noexec", "nosuid", "nodev"];
        foreach (string option in (colon < 0 ? "" : text[(colon + 1)..]).Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string name = option.Split('=')[0];
            if (s_words.Contains(option) || (s_settings.Contains(name) && option.Length > name.Length + 1))
            {
                options.Add(option);
            }
            else
            {
                throw Quantity.Refuse("--tmpfs", text, $"'{option}' is no option of a tmpfs");
            }
        }

        return new BundleMount { Type = "tmpfs", Source = "tmpfs", Destination = destination, Options = options };
    }
}

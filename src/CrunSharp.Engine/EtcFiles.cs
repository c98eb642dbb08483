using System.Text;
using CrunSharp.Linux;
using CrunSharp.Networks;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>The three files of /etc that belong to a container and not to its image: hosts, hostname, resolv.conf.</summary>
internal static class EtcFiles
{
    private const int MostNameServers = 3;
    private const uint Readable = 0x1a4; // 0644

    private const string LocalHosts =
        """
        127.0.0.1	localhost
        ::1	localhost ip6-localhost ip6-loopback
        fe00::	ip6-localnet
        ff00::	ip6-mcastprefix
        ff02::1	ip6-allnodes
        ff02::2	ip6-allrouters

        """;

    public static void Write(ContainerDirectory directory, string hostname, NetworkMode network, IReadOnlyList<string> nameServers)
    {
        Directory.CreateDirectory(directory.Etc);
        foreach ((string path, string text) in Texts(directory, hostname, network, nameServers))
        {
            WriteFile(path, text);
        }
    }

    /// <summary>The three files, not written.</summary>
    public static IEnumerable<(string Path, string Text)> Texts(ContainerDirectory directory, string hostname, NetworkMode network, IReadOnlyList<string> nameServers)
    {
        bool isHost = network.Kind == NetworkKind.Host;
        yield return (directory.HostName, $"{hostname}\n");
        yield return (directory.Hosts, isHost ? TryRead("/etc/hosts") ?? LocalHosts : $"{LocalHosts}127.0.1.1\t{hostname}\n");
        yield return (directory.ResolvConf, isHost ? TryRead("/etc/resolv.conf") ?? "" : ResolvConf(TryRead("/etc/resolv.conf") ?? "", nameServers));
    }

    /// <summary>Names and their servers belong to a network: who shares another's gets what that one has.</summary>
    public static void CopyNames(ContainerDirectory from, ContainerDirectory to)
    {
        WriteFile(to.Hosts, File.ReadAllText(from.Hosts));
        WriteFile(to.ResolvConf, File.ReadAllText(from.ResolvConf));
    }

    /// <summary>Mounts for <see cref="Write"/>'s files, over whatever the image has in their place.</summary>
    public static IEnumerable<Mount> Mounts(ContainerDirectory directory)
    {
        yield return Bind("/etc/resolv.conf", directory.ResolvConf);
        yield return Bind("/etc/hostname", directory.HostName);
        yield return Bind("/etc/hosts", directory.Hosts);
    }

    /// <summary>The helper's name servers first; of the host's those that the container can reach: never one on loopback.</summary>
    internal static string ResolvConf(string host, IReadOnlyList<string> nameServers)
    {
        List<string> servers = [.. nameServers];
        StringBuilder rest = new();
        foreach (string line in host.Split('\n'))
        {
            string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["nameserver", { } server, ..] when !IsLoopback(server) && !servers.Contains(server):
                    servers.Add(server);
                    break;
                case ["search" or "options" or "domain", _, ..]:
                    rest.Append(string.Join(' ', words)).Append('\n');
                    break;
                default:
                    break;
            }
        }

        StringBuilder text = new();
        foreach (string server in servers.Take(MostNameServers))
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        return text.Append(rest).ToString();
    }

    private static bool IsLoopback(string server) =>
        server.StartsWith("127.", StringComparison.Ordinal) || server is "::1" || server.StartsWith("::ffff:127.", StringComparison.Ordinal);

    private static Mount Bind(string destination, string source) => new()
    {
        Destination = destination,
        Type = "bind",
        Source = source,
        Options = ["rbind", "rprivate"],
    };

    // The container reads them with whatever user it runs as, whatever umask we were started with.
    private static void WriteFile(string path, string text)
    {
        using SafeFileHandle file = FileSystem.OpenPath(path, OpenAs.Write | OpenAs.Create | OpenAs.Truncate, Readable);
        FileSystem.Write(file, Encoding.UTF8.GetBytes(text));
        FileSystem.SetMode(file, Readable);
    }

    private static string? TryRead(string path)
    {
        try
        {
            return Descriptors.TryReadText(path);
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}

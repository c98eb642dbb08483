using CrunSharp.Oci;

namespace CrunSharp.Bundles;

/// <summary>The container's environment: defaults, over them the image's, over them the user's.</summary>
internal static class EnvironmentChoice
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static IReadOnlyList<string> Of(ImageDefaults image, RunOptions options, BundleFacts facts, string hostname, string home)
    {
        List<(string Name, string Value)> variables = [("PATH", DefaultPath), ("HOSTNAME", hostname)];
        if (options.Terminal)
        {
            variables.Add(("TERM", "xterm"));
        }

        foreach (string entry in image.Environment)
        {
            // A name alone would ask for the host's value (CVE-2026-57231): an image may not ask.
            if (entry.IndexOf('=') is > 0 and int equals)
            {
                Set(variables, entry[..equals], entry[(equals + 1)..]);
            }
        }

        foreach (string entry in options.Environment)
        {
            AddUsers(variables, entry, facts);
        }

        if (!variables.Exists(static variable => variable.Name == "HOME"))
        {
            variables.Add(("HOME", home));
        }

        foreach ((string name, string value) in variables)
        {
            Check(name, value);
        }

        return [.. variables.Select(static variable => $"{variable.Name}={variable.Value}")];
    }

    private static void AddUsers(List<(string Name, string Value)> variables, string entry, BundleFacts facts)
    {
        int equals = entry.IndexOf('=');
        if (entry.Length == 0 || equals == 0)
        {
            throw new CrunException($"cannot use --env '{entry}'", "it has no name");
        }

        if (equals > 0)
        {
            Set(variables, entry[..equals], entry[(equals + 1)..]);
        }
        else if (facts.HostEnvironment(entry) is { } value)
        {
            Set(variables, entry, value);
        }
        else
        {
            // Docker's way to take away what the image sets.
            variables.RemoveAll(variable => variable.Name == entry);
        }
    }

    // In its first place, as docker keeps it: later ones may refer to earlier ones when a shell reads them.
    private static void Set(List<(string Name, string Value)> variables, string name, string value)
    {
        int index = variables.FindIndex(variable => variable.Name == name);
        if (index < 0)
        {
            variables.Add((name, value));
        }
        else
        {
            variables[index] = (name, value);
        }
    }

    private static void Check(string name, string value)
    {
        if (value.Contains('\0') || name.AsSpan().ContainsAnyInRange('\0', '\x1f'))
        {
            throw new CrunException($"cannot set the variable '{name.Replace('\0', '?')}'", "its name holds control characters, or its value a NUL");
        }

        // Tools write these two into files of lines: a line end would add a line of the image's choice (CVE-2022-4318).
        if (name is "HOME" or "HOSTNAME" && value.AsSpan().ContainsAnyInRange('\0', '\x1f'))
        {
            throw new CrunException($"cannot set the variable '{name}'", "its value holds control characters");
        }
    }
}

using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Which devices a container may make and open: nothing, but for what is listed.</summary>
/// <remarks>runtime-spec 1.3, config-linux.md#allowed-device-list.</remarks>
internal static class DeviceRules
{
    /// <summary>What every container has in /dev, and making nodes, which opens nothing.</summary>
    private static readonly DeviceRule[] s_always =
    [
        new(true, 'c', null, null, "m"),
        new(true, 'b', null, null, "m"),
        new(true, 'c', 1, 3),
        new(true, 'c', 1, 5),
        new(true, 'c', 1, 7),
        new(true, 'c', 1, 8),
        new(true, 'c', 1, 9),
        new(true, 'c', 5, 0),
        new(true, 'c', 5, 2),
        new(true, 'c', 136, null),
    ];

    /// <summary>All rules in the order in which they take effect; the first denies everything.</summary>
    public static IEnumerable<DeviceRule> For(LinuxResources resources)
    {
        yield return new DeviceRule(false);
        foreach (DeviceRule rule in resources.Devices)
        {
            yield return rule;
        }

        foreach (DeviceRule rule in s_always)
        {
            yield return rule;
        }
    }

    /// <summary>Whether every letter of <paramref name="access"/> is let through: for each, the last rule about the device counts.</summary>
    public static bool Allow(LinuxResources resources, char type, uint major, uint minor, string access)
    {
        DeviceRule[] rules = [.. For(resources)];
        return access.All(letter => rules.Last(rule => IsAbout(rule, type, major, minor) && rule.Access.Contains(letter)).Allow);
    }

    private static bool IsAbout(DeviceRule rule, char type, uint major, uint minor) =>
        (rule.Type == 'a' || rule.Type == type) && (rule.Major is null or < 0 || rule.Major == major) && (rule.Minor is null or < 0 || rule.Minor == minor);

    /// <summary>As devices.allow and devices.deny of version 1 take it.</summary>
    public static string Format(DeviceRule rule) =>
        rule.Type == 'a' && rule.Major is null && rule.Minor is null
            ? "a"
            : $"{rule.Type} {Number(rule.Major)}:{Number(rule.Minor)} {rule.Access}";

    private static string Number(long? number) => number is null or < 0 ? "*" : LegacyLimits.Text(number.Value);
}

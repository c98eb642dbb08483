using OxyPlot;

namespace CrunSharp.Bench;

/// <summary>Colours by their role. Plots are drawn in stand-ins; a page or a file puts light, dark or print in their place.</summary>
/// <remarks>The groups' colours are Okabe and Ito's, which the colour-blind can tell apart.</remarks>
internal static class Palette
{
    private static readonly Role[] s_roles =
    [
        new("ink", 1, "#1b1f24", "#e6e9ec"),
        new("grid", 2, "#d9dee3", "#3a4148"),
        new("published", 3, "#8b949e", "#8b949e"),
        new("host", 4, "#57606a", "#adbac7"),
        new("ladder", 5, "#0072b2", "#56b4e9"),
        new("runtime", 6, "#009e73", "#2cc89b"),
        new("engine", 7, "#d55e00", "#f0894a"),
        new("machine", 8, "#b0528c", "#e3a1c8"),
        new("own", 9, "#000000", "#ffffff"),
    ];

    private static readonly string[] s_parts = ["ladder", "engine", "runtime", "machine", "host"];

    private sealed record Role(string Name, byte Number, string Light, string Dark)
    {
        // Hardly visible beside each other, and used by nothing else: only their text counts.
        public string StandIn => $"#{Number:x2}{Number:x2}{Number:x2}";
    }

    public static OxyColor Ink => Of("ink");

    public static OxyColor Grid => Of("grid");

    public static OxyColor Published => Of("published");

    public static OxyColor Group(ContestantGroup group) => Of(group.ToString().ToLowerInvariant());

    /// <summary>For steps and parts that follow one another.</summary>
    public static OxyColor Part(int index) => Of(s_parts[index % s_parts.Length]);

    /// <summary>The stylesheet's variables: light, and dark where the reader's system asks for it; paper is always light.</summary>
    public static string Css =>
        $":root{{{Variables(static role => role.Light)}}}@media screen and (prefers-color-scheme:dark){{:root{{{Variables(static role => role.Dark)}}}}}";

    /// <summary>For a page: the colours are variables of its stylesheet.</summary>
    public static string ForPage(string svg) => Replace(svg, static role => $"var(--{role.Name})");

    /// <summary>For a file of its own.</summary>
    public static string ForFile(string svg, bool isDark) => Replace(svg, role => isDark ? role.Dark : role.Light);

    private static OxyColor Of(string name)
    {
        byte number = s_roles.First(role => role.Name == name).Number;
        return OxyColor.FromRgb(number, number, number);
    }

    private static string Variables(Func<Role, string> value) => string.Concat(s_roles.Select(role => $"--{role.Name}:{value(role)};"));

    private static string Replace(string svg, Func<Role, string> value)
    {
        foreach (Role role in s_roles)
        {
            svg = svg.Replace($"rgb({role.Number},{role.Number},{role.Number})", value(role), StringComparison.Ordinal)
                .Replace(role.StandIn, value(role), StringComparison.Ordinal);
        }

        return svg;
    }
}

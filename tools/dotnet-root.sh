#!/bin/sh
# Where .NET is: programs find it beside /usr or /etc/dotnet, and elsewhere need DOTNET_ROOT when the environment is not the user's.
# `dotnet` in PATH may be a link or a script, so it is asked.
dotnet --list-runtimes | sed -n 's|^Microsoft.NETCore.App .* \[\(.*\)/shared/Microsoft.NETCore.App\]$|\1|p' | tail -n 1
